# frozen_string_literal: true

module Soak
  # A budget that reserves, as an app would write it, in memory, without a cap: what it is told is in the journal.
  # Beside the rows of a database, it is the witness of what they have to say.
  # It is shared by all calls of a process, and by its forks, which have a copy.
  class Purse
    # What stands for a reservation.
    Held = Struct.new(:tag, :rung, :usd)

    # The call under way on this thread, as the gateway knows it too.
    def self.tag
      Thread.current[:soak_tag]
    end

    # @param journal [Journal]
    def initialize(journal)
      @journal = journal
    end

    def exhausted?
      false
    end

    def charge!(cost_usd)
      @journal.note("charge", Purse.tag, cost_usd.to_s("F"))
    end

    def reserve!(usd, key:, attempt:) # rubocop:disable Lint/UnusedMethodArgument
      held = Held.new(Purse.tag, "#{attempt.endpoint}:#{attempt.model}", usd)
      note("reserve", held)
      held
    end

    def settle!(held, cost_usd, attempt:)
      note("settle", held, attempt.generation_id, cost_usd.to_s("F"))
    end

    def release!(held)
      note("release", held, Process.clock_gettime(Process::CLOCK_MONOTONIC).round(3))
    end

    def uncertain!(held, attempt:)
      note("uncertain", held, attempt.generation_id)
    end

    private

    def note(event, held, *details)
      @journal.note(event, held.tag, held.rung, *details)
    end
  end
end
