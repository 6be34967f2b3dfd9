# frozen_string_literal: true

module Bench
  # benchmark/RESULTS.md, in which each Ruby has its part. What stands around it is written by hand.
  class Results
    PATH = File.expand_path("../RESULTS.md", __dir__)
    private_constant :PATH

    # @raise [RuntimeError] before anything is measured, where there is no place for it
    def initialize(ruby)
      @part = /(<!-- ruby #{ruby} -->).*(<!-- end of ruby #{ruby} -->)/m
      raise "#{PATH} has no part for Ruby #{ruby}: give it one" unless File.read(PATH).match?(@part)
    end

    # @param text [String]
    def write(text)
      File.write(PATH, File.read(PATH).sub(@part) { "#{$1}\n#{text}\n#{$2}" }) # rubocop:disable Style/PerlBackrefs
    end
  end
end
