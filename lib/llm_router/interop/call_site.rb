# frozen_string_literal: true

class LlmRouter
  # Where the app called this gem.
  # @api private
  module CallSite
    GEM = File.expand_path("../..", __dir__)
    private_constant :GEM

    # @return [String] file and line of the innermost frame outside this gem
    def self.find
      site = caller_locations.find { |frame| !frame.absolute_path.to_s.start_with?(GEM) }
      site ? "#{site.path}:#{site.lineno}" : "unknown"
    end
  end
end
