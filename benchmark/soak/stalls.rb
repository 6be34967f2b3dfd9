# frozen_string_literal: true

module Soak
  # The moments at which the machine stood still. Whatever has a time limit may miss it then, and that is not the gem's
  # fault.
  class Stalls
    # Seconds between two looks, and by how much a look may be late.
    INTERVAL = 0.1
    TOLERANCE = 0.4
    private_constant :INTERVAL, :TOLERANCE

    # @param journal [Journal]
    # @return [Thread] which notes them until it is killed
    def self.watch(journal)
      Thread.new do
        before = now
        loop do
          sleep(INTERVAL)
          journal.note("stall", before, now) if now - before > INTERVAL + TOLERANCE
          before = now
        end
      end
    end

    def self.now
      Process.clock_gettime(Process::CLOCK_MONOTONIC).round(3)
    end
    private_class_method :now
  end
end
