# frozen_string_literal: true

require "bigdecimal"
require_relative "attempt"
require_relative "journal"

module Soak
  # All that was written down in a run. Its directory holds the gateway's `ledger`, a `NAME.journal` of each process,
  # and the `run` of the process that ran them.
  class RunRecord
    # In which process it was made, and whether that was killed; whether it got through to the gateway; how it ended,
    # each time that it did; whether a signal interrupted it; the ids of the rows that pay for it; how long it took, and
    # when it was over.
    Call = Struct.new(:tag, :process, :killed, :heard, :ends, :signalled, :rows, :seconds, :over) do
      # @return [Boolean] whether it was under way between two moments, as far as that is known
      def during?(from, to)
        !over.nil? && over >= from && over - seconds <= to
      end
    end
    private_constant :Call

    # @return [Hash{String => Attempt}] by their keys
    attr_reader :attempts
    # @return [Hash{String => Call}] by their tags
    attr_reader :calls
    # @return [Array<Float>] how long each call took that ended by itself
    attr_reader :seconds
    # @return [Array<BilledGeneration>] the answers that calls returned
    attr_reader :answers
    # @return [Array<BilledGeneration>] the failed attempts that cost something
    attr_reader :dear_failures

    # @param directory [String]
    def initialize(directory)
      @attempts = Hash.new { |attempts, key| attempts[key] = Attempt.named(key) }
      @calls = Hash.new { |calls, tag| calls[tag] = Call.new(tag, nil, false, false, []) }
      @seconds = []
      @answers = []
      @dear_failures = []
      @events = []
      Journal.read("#{directory}/run") { |*event| @events << ["run", *event.flatten] }
      Journal.read("#{directory}/ledger") { |event, details| billed(event, *details) }
      Dir["#{directory}/*.journal"].each { |path| process(path) }
      signalled
    end

    # @param event [String] of another kind than the above
    # @return [Array<Array<String>>] of each its process and its details
    def all(event)
      @events.select { |_, name| name == event }.map { |process, _, *details| [process, *details] }
    end

    # @return [Array<Array(Float, Float)>] from when to when the machine stood still: see {::Stalls}
    def stalls
      @stalls ||= all("stall").map { |_, *moments| moments.map { |moment| Float(moment) } }
    end

    # @param process [String]
    # @return [Boolean]
    def killed?(process)
      (@killed ||= all("killed").map(&:last)).include?(process)
    end

    private

    # A signal may come right after an act, before anybody knows that it is done. Then it is done once more.
    def signalled
      tags = all("interrupt").filter_map { |_, kind, _, tag| tag if kind == "ctrl_c" }
      @calls.values_at(*tags).compact.each do |call|
        call.signalled = true
        call.ends.slice!(1..)
      end
      @attempts.each_value { |attempt| attempt.once if attempt.call&.signalled }
    end

    def billed(event, tag, rung, *details)
      attempt = @attempts["#{tag} #{rung}"]
      attempt.call = @calls[tag]
      return attempt.sent = true if event == "sent"

      attempt.call.heard = true
      attempt.requests += 1
      attempt.fault, id, cost = details
      attempt.bill = generation(id, cost)
    end

    def process(path)
      name = File.basename(path, ".journal")
      killed = killed?(name)
      Journal.read(path) do |event, (tag, *details)|
        case event
        when "call" then called(tag, name, killed, details)
        when "reserve", "settle", "release", "uncertain", "hop" then attempted(event, tag, *details)
        when "answer", "failure", "interrupted", "refused" then ended(event, tag, *details)
        else
          other(event, tag, *details)
          @events << [name, event, tag, *details]
        end
      end
    end

    def called(tag, process, killed, rows)
      call = @calls[tag]
      call.process = process
      call.killed = killed
      call.rows = rows
    end

    def other(event, tag, *details)
      case event
      when "odd", "away" then ended(event, tag, *details)
      when "over" then @calls[tag].over = Float(details.first)
      end
    end

    def released(attempt, at = nil)
      attempt.released += 1
      attempt.released_at = at && Float(at)
    end

    def attempted(event, tag, rung, *details)
      attempt = @attempts["#{tag} #{rung}"]
      attempt.call = @calls[tag]
      case event
      when "reserve" then attempt.reserved += 1
      when "settle" then attempt.charges << generation(*details)
      when "release" then released(attempt, *details)
      when "uncertain" then attempt.uncertain += 1
      else hopped(attempt, *details)
      end
    end

    def hopped(attempt, reason, id, cost)
      attempt.hop = reason
      @dear_failures << generation(id, cost) if cost
    end

    def ended(event, tag, seconds, *details)
      @calls[tag].ends << event
      @calls[tag].seconds = Float(seconds)
      @seconds << Float(seconds) unless event == "interrupted"
      @answers << generation(*details) if event == "answer"
    end

    def generation(id, cost, text = nil)
      BilledGeneration.new(id, cost && BigDecimal(cost), text)
    end
  end
end
