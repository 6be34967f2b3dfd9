# frozen_string_literal: true

require "optparse"

module Soak
  # Threads of a process; where all of them share a row, it does not serve as many.
  THREADS = 16
  ROWS_THREADS = 6

  # What a run is to be like.
  #
  # @!attribute [rw] budget
  #   @return [Symbol, nil] the database that has the budgets; nil where one is in the memory of each process
  # @!attribute [rw] progress
  #   @return [Numeric] seconds between two words about how far it has come
  Options = Struct.new(:seconds, :processes, :threads, :faults, :seed, :budget, :progress, keyword_init: true) do
    # @return [Options]
    def self.default
      new(seconds: 1200, processes: 4, faults: 0.3, seed: Random.new_seed % 10_000)
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

      options.complete
    end

    # @return [Options] with what was left open
    def complete
      self.threads ||= budget ? ROWS_THREADS : THREADS
      self.progress = $stdout.tty? ? 10 : seconds / 4.0
      freeze
    end

    # @return [OptionParser]
    def parser
      OptionParser.new("usage: bin/soak [SECONDS] [options]    (5 seconds or more, #{seconds} by default)") do |parser|
        parser.on("--processes N", Integer, "that call (#{processes})") { |value| self.processes = value }
        parser.on("--threads N", Integer, "of each (#{THREADS}; with --budget #{ROWS_THREADS})") do |value|
          self.threads = value
        end
        parser.on("--faults SHARE", Float, "of the requests that fail (#{faults})") { |value| self.faults = value }
        parser.on("--budget DATABASE", %i[postgresql], "whose rows the budgets are (none: in memory)") do |value|
          self.budget = value
        end
        parser.on("--seed N", Integer, "of what is left to chance") { |value| self.seed = value }
      end
    end
  end
end
