# frozen_string_literal: true

# The moments at which this machine stood still, or this process: whatever has a time limit may miss it then. Programs
# load this file alone.
module Stalls
  # Seconds between two looks, and by how much one may be late.
  INTERVAL = 0.1
  TOLERANCE = 0.4
  # Examples stub the clock.
  CLOCK = Process.method(:clock_gettime)
  private_constant :INTERVAL, :TOLERANCE, :CLOCK

  class << self
    # @yieldparam from [Float] seconds of the monotonic clock
    # @yieldparam to [Float]
    # @return [Thread] which looks until it is killed
    def watch
      # Here, for a stall may come before the thread first runs.
      before = now
      Thread.new do
        loop do
          sleep(INTERVAL)
          yield before, now if now - before > INTERVAL + TOLERANCE
          before = now
        end
      end
    end

    # Runs the block again, up to twice, as long as it returns false and the machine stood still meanwhile.
    # @return [Boolean] what the block returned at last
    def outlive
      stalls = 0
      watcher = watch { stalls += 1 }
      2.times do
        before = stalls
        return true if yield

        # Until the watcher has seen what was last.
        sleep(INTERVAL * 3)
        return false if stalls == before
      end
      yield
    ensure
      watcher&.kill
    end

    private

    def now
      CLOCK.call(Process::CLOCK_MONOTONIC).round(3)
    end
  end
end
