# frozen_string_literal: true

class LlmRouter
  # Defers +Thread#raise+, +Thread#kill+, +Timeout+ and the end of a fiber until a block is done. Not signals: Ruby runs
  # traps on the main thread, and raises there for Ctrl-C, whatever is masked. See docs/interrupts.md.
  # @api private
  module Uninterrupted
    EVERYTHING = { Object => :never }.compare_by_identity.freeze
    MASKS = :llm_router_masks
    private_constant :EVERYTHING, :MASKS

    module_function

    # The mask comes first: Ruby checks for interrupts when a method returns or jumps, not when it begins.
    # @param mask [Hash] see {.mask}
    # @return [Object] what the block returns
    def run(mask = Uninterrupted.mask, &)
      Thread.handle_interrupt(mask) { Unscheduled.run(&) }
    end

    # For +Thread.handle_interrupt+ on this thread, made once for each. A thread inherits its maker's masks for life:
    # one that a budget or a listener starts (of a pool, a timer, a metrics client) would ignore +Thread#raise+,
    # +Timeout+ and the end of the process. So this mask has an effect on its own thread only.
    # @param deferred [Hash{Class => Symbol}] frozen and by identity
    # @return [Hash]
    def mask(deferred = EVERYTHING)
      thread = Thread.current
      masks = thread.thread_variable_get(MASKS) || thread.thread_variable_set(MASKS, {}.compare_by_identity)
      masks[deferred] ||= SELECTIVE ? selective(deferred, thread.object_id) : StartedThreads.mask(deferred)
    end

    def selective(deferred, thread_id)
      mask = Hash.new { |_, raised| deferred[raised] if Thread.current.object_id == thread_id }.compare_by_identity
      # Ruby ignores an empty mask; a module as its entry never matches an exception.
      mask[self] = :never
      mask.freeze
    end

    # Whether Ruby uses a frozen Hash by identity as it is, with its default proc. It does from 3.3 on.
    def selective?
      probe = Class.new(StandardError)
      kept = true
      Thread.handle_interrupt(probe => :never) do
        mask = selective({ probe => :immediate }, Thread.current.object_id)
        Thread.handle_interrupt(mask) { Thread.current.raise(probe) }
        kept = false
        Thread.handle_interrupt(probe => :immediate) { Thread.pass }
      rescue probe
        kept
      end
    end

    SELECTIVE = selective?
    private_constant :SELECTIVE
    require "llm_router/interop/started_threads" unless SELECTIVE
  end
end
