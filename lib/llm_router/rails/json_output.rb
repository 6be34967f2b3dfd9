# frozen_string_literal: true

require "json"

class LlmRouter
  # Standard output of a task as one JSON document: what the app prints meanwhile, such as its log, goes to standard
  # error.
  # @api private
  module JsonOutput
    module_function

    # @param format [String, nil] the task's argument
    # @raise [ArgumentError] it is another one
    def wanted?(format)
      return true if format == "json" || ARGV.include?("--json")

      format.to_s.empty? ? false : raise(ArgumentError, "#{format} is no format: give json, or none for text")
    end

    # @return [IO] for the document
    def reserve
      return @document if @document

      $stdout.flush
      @document = $stdout.dup.tap { $stdout.reopen($stderr) }
    end

    # @param hash [Hash] of JSON's types
    # @return [void]
    def print(hash)
      reserve.puts JSON.pretty_generate(hash)
      $stdout.flush
      $stdout.reopen(@document)
      @document = nil
    end
  end
end
