# frozen_string_literal: true

# Ends an example that hangs, and says which it is and where each thread stands.
module Watchdog
  Hung = Class.new(Exception) # rubocop:disable Lint/InheritException
  # Seconds that an example may take, and until the process ends that an exception does not get out of it.
  LIMIT = Integer(ENV.fetch("EXAMPLE_LIMIT", 900))
  GRACE = 60
  private_constant :LIMIT, :GRACE

  class << self
    # @param example [RSpec::Core::Example::Procsy] which the block runs
    def watch(example)
      @seconds = 0
      @example = example
      # A child's own, if it runs examples.
      @thread = Thread.new { loop { sleep(1) && tick } } unless @thread&.alive?
      yield
    ensure
      @example = nil
    end

    private

    # Counted, for a machine may stand still, and examples stub the clock.
    def tick
      return unless (example = @example)

      @seconds += 1
      exit!(1) if @seconds == LIMIT + GRACE
      return if @seconds != LIMIT

      warn "#{example.location} hangs: #{example.full_description}", *stacks
      Thread.main.raise(Hung, "it did not end within #{LIMIT} s")
    end

    def stacks
      Thread.list.map { |thread| "#{thread.inspect}\n  #{thread.backtrace&.join("\n  ")}" }
    end
  end
end
