# frozen_string_literal: true

require "fileutils"
require "json"
require "open3"
require "tmpdir"
require "llm_router/rubocop"

# Runs the cops: on a piece of Ruby in this process, or on an app as a user would.
module CopsHelper
  # @return [Array<Integer>] the lines of a cop's offenses
  def lines_of(cop, code, path: "app/services/thing.rb", root: "/nowhere")
    config = RuboCop::Config.new(RuboCop::ConfigLoader.default_configuration.to_h, File.join(root, ".rubocop.yml"))
    source = RuboCop::ProcessedSource.new(code, 3.1, File.join(root, path))
    source.registry = RuboCop::Cop::Registry.global
    source.config = config
    raise "no Ruby: #{code}" unless source.valid_syntax?

    cops = [RuboCop::Cop::LlmRouter.const_get(cop).new(config)]
    RuboCop::Cop::Commissioner.new(cops, [], raise_error: true).investigate(source).offenses.map(&:line)
  end

  # Writes the files of a text such as "== app/a.rb\n…" below a folder.
  # @return [Hash{Array(String, Integer) => Boolean}] the marked lines, "#!" for a planted call, "#=" for a look-alike
  def write_app(text, folder)
    text.split(/^== /).drop(1).each_with_object({}) do |part, marks|
      file, code = part.split("\n", 2)
      FileUtils.mkdir_p(File.dirname(File.join(folder, file)))
      File.write(File.join(folder, file), code.gsub(/ #[!=]$/, ""))
      code.lines.each.with_index(1) do |line, number|
        marks[[file, number]] = line.end_with?("#!\n") if line.match?(/ #[!=]$/)
      end
    end
  end

  # @return [Array<Array(String, Integer)>] file and line of each offense that `rubocop` reports in a folder
  def offenses_in(folder, *options, config: "require: llm_router/rubocop")
    Dir.mktmpdir do |place|
      File.write("#{place}/.rubocop.yml",
                 "#{config}\nAllCops:\n  NewCops: disable\n  SuggestExtensions: false\n  TargetRubyVersion: 3.1\n")
      rubocop = [RbConfig.ruby, "-I", File.expand_path("../../lib", __dir__), "-S", "rubocop", "--cache", "false"]
      options = ["--config", "#{place}/.rubocop.yml", "--format", "json", *options]
      output, errors, = Open3.capture3(*rubocop, *options, chdir: folder)
      raise "rubocop failed: #{errors}" unless errors.empty?

      reported(JSON.parse(output.lines.last))
    end
  end

  def reported(json)
    json["files"].flat_map do |file|
      file["offenses"].map { |offense| [file["path"], offense["location"]["line"]] }
    end
  end
end
