# frozen_string_literal: true

module Soak
  # How busy the machine is: how many times as long as alone a little work takes, again and again. A rule about time is
  # stretched by that, for nothing in it is the gem's.
  class Pace
    # Seconds of a processor's time, and between two pieces of work.
    WORK = 0.02
    PAUSE = 0.3
    # Pieces of work that one measure is made of: a single one may just have been put off.
    PIECES = 5
    private_constant :WORK, :PAUSE, :PIECES

    # @param journal [Journal]
    # @return [Thread] which measures until it is killed
    def self.start(journal)
      pace = new
      Thread.new { loop { journal.note("pace", pace.measure.round(2)) } }
    end

    # @return [Float] 1 where nothing else runs
    def measure
      seconds = Array.new(PIECES) { sleep(PAUSE) && work }
      seconds.sum / (PIECES * WORK)
    end

    private

    def work
      began = clock(:MONOTONIC)
      ends_at = clock(:THREAD_CPUTIME_ID) + WORK
      nil while clock(:THREAD_CPUTIME_ID) < ends_at
      clock(:MONOTONIC) - began
    end

    def clock(name)
      Process.clock_gettime(Process.const_get("CLOCK_#{name}"))
    end
  end
end
