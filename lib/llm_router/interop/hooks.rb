# frozen_string_literal: true

class LlmRouter
  # Moments at which rooms outside (Rails, the ledger, jobs) act. They register here, so that no room inside names them.
  #
  # - +:environment+ answers where the app runs, such as "production"; nil if it does not know
  # - +:configured+, given the new {Configuration}
  # - +:before_wait+: this thread is about to wait for the network
  # - +:recordable+ answers whether calls can be recorded
  # - +:call_begins+, if +config.record_calls+
  # - +:call_ended+, given what {Telemetry} knows of a call, if +config.record_calls+
  # - +:cost_settled+, given a model and US dollars: the cost of an attempt, known after its call
  # - +:cost_unknown+, given the budget and the {Attempt} whose cost the endpoint may know later
  # @api private
  module Hooks
    @actions = {}

    class << self
      # @param moment [Symbol]
      # @yield in place of what was registered before
      # @return [void]
      def on(moment, &action)
        @actions[moment] = action
      end

      # For what each call runs: {run} makes an Array of its arguments.
      # @param moment [Symbol]
      # @return [Proc, nil]
      def at(moment)
        @actions[moment]
      end

      # @param moment [Symbol]
      # @return [Object, nil] what the action returned; nil if there is none
      def run(moment, *arguments)
        @actions[moment]&.call(*arguments)
      end
    end
  end
end
