# frozen_string_literal: true

class LlmRouter
  class Dashboard
    # The files of views/, as methods. What <%= %> writes is escaped, unless it is html_safe.
    # @api private
    module Template
      FOLDER = File.join(__dir__, "views")

      Dir.children(FOLDER).grep(/\.erb\z/).each do |name|
        path = File.join(FOLDER, name)
        source = Erubi::Engine.new(File.read(path, encoding: "UTF-8"), escape: true, escapefunc: "h").src
        # rubocop:disable Style/DocumentDynamicEvalDefinition, Style/EvalWithLocation
        class_eval("def #{name.delete_suffix('.erb')}_view(rows = nil)\n#{source}\nend", path, 0)
        # rubocop:enable Style/DocumentDynamicEvalDefinition, Style/EvalWithLocation
      end

      # @return [ActiveSupport::SafeBuffer]
      def h(value)
        value.is_a?(ActiveSupport::SafeBuffer) ? value : ERB::Util.html_escape(value.to_s.scrub)
      end
    end
  end
end
