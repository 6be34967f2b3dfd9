# frozen_string_literal: true

# Waiting for what another thread, process or server does. Programs of the specs load this file alone.
module Waiting
  FILE = File.expand_path(__FILE__)
  # Seconds between two looks.
  POLL_INTERVAL = 0.01
  private_constant :POLL_INTERVAL

  module_function

  # Waits until the block returns something true.
  # @param within [Numeric] seconds: a limit for what never comes, and never reached by what does
  # @param failure [#call, nil] returns what the error says besides
  # @return [Object] what the block returned
  def eventually(within: 60, failure: nil, &condition)
    poll(within, &condition) || raise("did not happen within #{within} s #{failure&.call}")
  end

  # @return [Object, nil] as {eventually}, or what is not true when the time is up
  def poll(within)
    give_up_at = Process.clock_gettime(Process::CLOCK_MONOTONIC) + within
    loop do
      result = yield
      return result if result || Process.clock_gettime(Process::CLOCK_MONOTONIC) > give_up_at

      sleep POLL_INTERVAL
    end
  end

  # Stays where it is called until an interrupt of this thread is pending there, or ends by that interrupt.
  def await_interrupt
    eventually { Thread.pending_interrupt? }
  end

  # Never returns.
  def hang
    IO.pipe { |reader, _writer| reader.read }
  end
end
