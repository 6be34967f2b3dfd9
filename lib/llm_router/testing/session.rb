# frozen_string_literal: true

require "monitor"
require_relative "gateway"

class LlmRouter
  module Testing
    # Whether calls go to the gateway, the gateway of this process, and the outcomes of its calls. Safe to share between
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

      # Sends calls to the gateway, with an empty record.
      # @param script [Proc, nil] called with the gateway, at once and after a fork
      def start(script = nil)
        @lock.synchronize do
          @on = true
          LlmRouter.reset_health!
          @script = script
          @outcomes = []
          next (gateway if script) unless running?

          @gateway.reset!.key
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

      # Sends calls to their configured endpoints.
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
        @gateway = Gateway.start.key
        @pid = Process.pid
        @outcomes = []
        stop_at_exit
        @script&.call(@gateway)
      end

      # Once for each process. Calls of tests that run at exit themselves start a new gateway.
      def stop_at_exit
        return if @stopped_by == Process.pid

        @stopped_by = Process.pid
        at_exit do
          @stopped_by = nil
          stop
        end
      end

      # Outside the lock, as it joins threads that may need it.
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
