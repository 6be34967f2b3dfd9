# frozen_string_literal: true

module Soak
  # A budget that reserves, as an app would write it, in memory, without a cap: the journal has each operation.
  # Beside the rows of a database, it is the witness of what they have to say.
  # It is shared by all calls of a process, and by its forks, which have a copy.
  class JournalingBudget
    Reservation = Struct.new(:tag, :rung, :usd)

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
      @journal.note("charge", JournalingBudget.tag, cost_usd.to_s("F"))
    end

    def reserve!(usd, key:, attempt:) # rubocop:disable Lint/UnusedMethodArgument
      reservation = Reservation.new(JournalingBudget.tag, "#{attempt.endpoint}:#{attempt.model}", usd)
      note("reserve", reservation)
      reservation
    end

    def settle!(reservation, cost_usd, attempt:)
      note("settle", reservation, attempt.generation_id, cost_usd.to_s("F"))
    end

    def release!(reservation)
      note("release", reservation, Process.clock_gettime(Process::CLOCK_MONOTONIC).round(3))
    end

    def uncertain!(reservation, attempt:)
      note("uncertain", reservation, attempt.generation_id)
    end

    private

    def note(event, reservation, *details)
      @journal.note(event, reservation.tag, reservation.rung, *details)
    end
  end
end
