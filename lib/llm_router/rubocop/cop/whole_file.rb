# frozen_string_literal: true

require_relative "../source_file"

module RuboCop
  module Cop
    module LlmRouter
      # What these cops have in common: each looks at a file as a whole, and at no test.
      module WholeFile
        def on_new_investigation
          super
          investigate unless processed_source.ast.nil? || file.test?
        end

        private

        def file
          RuboCop::LlmRouter::SourceFile.of(processed_source, root)
        end

        # The app's folder, also where the configuration is kept elsewhere.
        def root
          folder = config.base_dir_for_path_parameters if config.loaded_path
          folder && processed_source.file_path.to_s.start_with?("#{folder}/") ? folder : Dir.pwd
        end
      end
    end
  end
end
