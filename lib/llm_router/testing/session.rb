# frozen_string_literal: true

require "monitor"
require_relative "gateway"

class LlmRouter
  module Testing
    # Whether calls are led to the gateway, the gateway of this process, and how its calls ended. Safe to share between
    # threads.
    #
    # @api private
    class Session
      # @return [Array<Outcome>] of the calls since the last {#start}; a call that began before it adds to the old list
      attr_reader :outcomes

      def initialize
        @lock = Monitor.new
        @on = false
        @outcomes = []
      end

      def on?
        @on
      end

      # Leads calls to the gateway, as if nothing had happened yet.
      # @param script [Proc, nil] given the gateway, at once and after a fork
      def start(script = nil)
        @lock.synchronize do
          @on = true
          LlmRouter.reset_health!
          @script = script
          @outcomes = []
          next (gateway if script) unless running?

          @gateway.reset!
          script&.call(@gateway)
        end
      end

      # @return [Gateway] of this process, started if need be
      def gateway
        @lock.synchronize do
          launch unless running?
          @gateway
        end
      end

      # Leads calls where they are configured to go.
      def off
        @on = false
        LlmRouter.reset_health!
        stop
        @script = nil
        @outcomes = []
      end

      private

      def running?
        @gateway && @pid == Process.pid
      end

      def launch
        @gateway = Gateway.start
        @pid = Process.pid
        @outcomes = []
        stop_at_exit
        @script&.call(@gateway)
      end

      # Once for each process. What is still asked after it, by tests that themselves run at exit, starts a new one.
      def stop_at_exit
        return if @stopped_by == Process.pid

        @stopped_by = Process.pid
        at_exit do
          @stopped_by = nil
          stop
        end
      end

      # Not under the lock, for it joins threads that may want it.
      def stop
        gateway = @lock.synchronize do
          running = @gateway
          @gateway = nil
          running
        end
        gateway&.stop
      end
    end
  end
end
