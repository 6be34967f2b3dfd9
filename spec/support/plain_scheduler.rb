# frozen_string_literal: true

module Support
  # As small a fiber scheduler as does, after the one of Ruby's own tests. Unlike Async 1 it switches by
  # +transfer+, ends fibers by +Fiber#raise+ and times them by itself, as Async 2 does.
  class PlainScheduler
    # Runs the block under one, in a thread of its own.
    def self.run(&)
      Thread.new do
        Thread.current.report_on_exception = false
        Fiber.set_scheduler(new)
        Fiber.schedule(&)
      end.join
    end

    def initialize
      @loop = Fiber.current
      @reading = {}
      @timers = {}
      @ready = Thread::Queue.new
      @awake, @wake = IO.pipe
      @blocked = 0
    end

    def close
      turn until @reading.empty? && @timers.empty? && @ready.empty? && @blocked.zero?
      [@awake, @wake].each(&:close)
    end

    def fiber(&)
      fiber = Fiber.new(blocking: false, &)
      # At its end, a fiber hands over to the loop.
      @ready << Fiber.current unless Fiber.current.equal?(@loop)
      fiber.transfer
      fiber
    end

    def io_wait(io, _events, _timeout)
      @reading[io] = Fiber.current
      @loop.transfer
      IO::READABLE
    ensure
      @reading.delete(io)
    end

    def kernel_sleep(duration)
      block(nil, duration)
    end

    def block(_blocker, timeout = nil)
      fiber = Fiber.current
      @timers[fiber.method(:transfer)] = now + timeout if timeout
      @blocked += 1
      @loop.transfer
    ensure
      @blocked -= 1
      @timers.delete(fiber.method(:transfer))
    end

    def unblock(_blocker, fiber)
      @ready << fiber
      @wake.write_nonblock(".", exception: false)
    end

    def timeout_after(duration, error, message)
      fiber = Fiber.current
      due = -> { fiber.raise(error, message) }
      @timers[due] = now + duration
      yield
    ensure
      @timers.delete(due)
    end

    private

    def turn
      found, = IO.select([@awake, *@reading.keys], [], [], time_to_next_timer)
      found&.each { |io| io == @awake ? io.read_nonblock(100, exception: false) : @reading[io]&.transfer }
      @ready.size.times { @ready.pop.transfer }
      ring
    end

    # One of those that are due may end the fiber of another.
    def ring
      @timers.select { |_, due| due <= now }.each_key { |timer| timer.call if @timers.key?(timer) }
    end

    def time_to_next_timer
      return 0 unless @ready.empty?

      [@timers.values.min - now, 0].max if @timers.any?
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end
end
