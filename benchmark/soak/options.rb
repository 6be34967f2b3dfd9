# frozen_string_literal: true

require "optparse"

module Soak
  # What a run is to be like.
  #
  # @!attribute [rw] progress
  #   @return [Numeric] seconds between two words about how far it has come
  Options = Struct.new(:seconds, :processes, :threads, :faults, :seed, :progress, keyword_init: true) do
    # @return [Options]
    def self.default
      new(seconds: 1200, processes: 4, threads: 16, faults: 0.3, seed: Random.new_seed % 10_000)
    end

    # @param arguments [Array<String>] of the command line
    # @return [Options]
    # @raise [OptionParser::ParseError]
    def self.parse(arguments)
      options = default
      seconds, *more = options.parser.parse(arguments)
      raise OptionParser::NeedlessArgument, more.join(" ") if more.any?

      options.seconds = Float(seconds, exception: false) || 0 if seconds
      raise OptionParser::InvalidArgument, seconds if options.seconds < 5

      options.progress = $stdout.tty? ? 10 : options.seconds / 4.0
      options.freeze
    end

    # @return [OptionParser]
    def parser
      OptionParser.new("usage: bin/soak [SECONDS] [options]    (5 seconds or more, #{seconds} by default)") do |parser|
        parser.on("--processes N", Integer, "that call (#{processes})") { |value| self.processes = value }
        parser.on("--threads N", Integer, "of each (#{threads})") { |value| self.threads = value }
        parser.on("--faults SHARE", Float, "of the requests that fail (#{faults})") { |value| self.faults = value }
        parser.on("--seed N", Integer, "of what is left to chance") { |value| self.seed = value }
      end
    end
  end
end
