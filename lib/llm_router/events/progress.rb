# frozen_string_literal: true

class LlmRouter
  # Shows on a terminal how far a task has come, once that has taken two seconds; in a pipe or a log it shows nothing.
  # @api private
  class Progress
    # Seconds.
    SILENT_FOR = 2.0
    INTERVAL = 0.5
    CLEAR = "\r\e[K"
    private_constant :SILENT_FOR, :INTERVAL, :CLEAR

    # @param what [String] such as "checking"
    # @param total [Integer, nil] how many steps there are, if that is known
    # @param out [IO]
    # @yieldparam progress [Progress]
    # @return [Object] what the block returns
    def self.of(what, total: nil, out: $stderr, silent_for: SILENT_FOR, &block)
      progress = new(what, total, out, silent_for)
      out.respond_to?(:tty?) && out.tty? ? progress.shown(&block) : yield(progress)
    end

    def initialize(what, total, out, silent_for)
      @what = what
      @total = total
      @out = out
      @silent_for = silent_for
      @done = 0
      @lock = Mutex.new
      @ended = ConditionVariable.new
    end

    # @return [void]
    def step(count = 1)
      @lock.synchronize { @done += count }
    end

    def shown
      ticker = Thread.new { tick }
      yield self
    ensure
      @lock.synchronize { @over = true } && @ended.signal
      ticker&.join
    end

    # @return [String]
    def to_s
      steps = @total ? " #{@done} of #{@total}" : (" #{@done}" if @done.positive?)
      "#{@what}#{steps} (#{(now - @began).round} s)"
    end

    private

    def tick
      @began = now
      @lock.synchronize do
        wait = @silent_for
        until @over
          @ended.wait(@lock, wait)
          wait = INTERVAL
          @shown = @out.write(CLEAR, to_s) unless @over || now - @began < @silent_for
        end
      end
      @out.write(CLEAR) if @shown
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end
end
