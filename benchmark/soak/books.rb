# frozen_string_literal: true

require "bigdecimal"
require_relative "journal"

module Soak
  # All that was written down in a run: by the gateway, by each process and by whoever ran them.
  #
  # A directory holds the gateway's `ledger`, a `NAME.journal` of each process, and the `run`.
  class Books
    # A model that was asked in a call. Of the gateway: how often it was asked, with which fault, the generation, what it
    # billed (nil for nothing), whether it sent all of it. Of the client: how often it reserved, what it charged, and so on.
    Attempt = Struct.new(:asked, :fault, :id, :billed, :sent, :reserved, :charges, :released, :uncertain, :hop,
                         :process, :tag)
    # Of a call: how it ended, each time that it did.
    Call = Struct.new(:process, :ends)
    # What was told to have cost something, and how much.
    Told = Struct.new(:id, :cost, :text)

    # @return [Hash{String => Attempt}] by call and rung
    attr_reader :attempts
    # @return [Hash{String => Call}] by the call's name
    attr_reader :calls
    # @return [Array<Float>] how long each call took that ended by itself
    attr_reader :seconds
    # @return [Array<Told>] the answers that calls returned
    attr_reader :answers
    # @return [Array<Told>] the failed attempts that cost something
    attr_reader :dear_failures
    # @return [Array<Array<String>>] events of other kinds, with the name of the process first
    attr_reader :events

    # @param directory [String]
    def initialize(directory)
      @attempts = Hash.new { |attempts, key| attempts[key] = Attempt.new(0, nil, nil, nil, false, 0, [], 0, 0) }
      @calls = Hash.new { |calls, tag| calls[tag] = Call.new(nil, []) }
      @seconds = []
      @answers = []
      @dear_failures = []
      @events = []
      Journal.read(File.join(directory, "ledger")) { |event, details| bill(event, *details) }
      Dir[File.join(directory, "*.journal")].each { |path| read(path) }
      Journal.read(File.join(directory, "run")) { |event, details| @events << ["run", event, *details] }
    end

    # @return [Array<Array<String>>] the details of one kind of events
    def all(event)
      @events.select { |_, name| name == event }.map { |process, _, *details| [process, *details] }
    end

    # @return [Boolean] whether a process was killed, and so could not come to an end
    def killed?(process)
      (@killed ||= all("killed").map(&:last)).include?(process)
    end

    private

    def bill(event, tag, rung, *details)
      attempt = @attempts["#{tag} #{rung}"]
      return attempt.sent = true if event == "sent"

      attempt.asked += 1
      attempt.fault, attempt.id, cost = details
      attempt.billed = cost && BigDecimal(cost)
    end

    def read(path)
      process = File.basename(path, ".journal")
      Journal.read(path) do |event, (tag, *details)|
        case event
        when "call" then @calls[tag].process = process
        when "reserve", "settle", "release", "uncertain", "hop" then attempted(process, event, tag, *details)
        when "answer", "failure", "interrupted", "odd" then ended(process, event, tag, *details)
        else @events << [process, event, tag, *details]
        end
      end
    end

    def attempted(process, event, tag, rung, *details)
      attempt = @attempts["#{tag} #{rung}"]
      attempt.process = process
      attempt.tag = tag
      case event
      when "reserve" then attempt.reserved += 1
      when "settle" then attempt.charges << told(*details)
      when "release" then attempt.released += 1
      when "uncertain" then attempt.uncertain += 1
      else hopped(attempt, *details)
      end
    end

    def hopped(attempt, reason, id, cost)
      attempt.hop = reason
      @dear_failures << told(id, cost) if cost
    end

    def ended(process, event, tag, seconds, *details)
      @calls[tag].ends << event
      @seconds << Float(seconds) unless event == "interrupted"
      @answers << told(*details) if event == "answer"
      @events << [process, event, *details] if event == "odd"
    end

    def told(id, cost, text = nil)
      Told.new(id, cost && BigDecimal(cost), text)
    end
  end
end
