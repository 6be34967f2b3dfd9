# frozen_string_literal: true

module Soak
  # What happened, a line each: an event and its details. It outlives whoever writes it, and is shared by all that do:
  # a line is one write, appended, so none is ever half there or inside another.
  class Journal
    # @param path [String]
    def initialize(path)
      @file = File.open(path, "a")
    end

    # @return [void]
    def note(event, *details)
      @file.syswrite("#{[event, *details.map { |detail| detail || '-' }].join(' ')}\n")
    end

    # @param path [String]
    # @yieldparam event [String]
    # @yieldparam details [Array<String, nil>]
    # @return [void]
    def self.read(path)
      File.foreach(path, chomp: true) do |line|
        event, *details = line.split
        yield event, details.map { |detail| detail unless detail == "-" }
      end
    end
  end
end
