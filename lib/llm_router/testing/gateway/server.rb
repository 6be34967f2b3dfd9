# frozen_string_literal: true

class LlmRouter
  module Testing
    class Gateway
      # Puma on a free port of loopback, silent and on threads of its own. The one place that knows Puma's versions.
      #
      # @api private
      class Server
        HOST = "127.0.0.1"
        # Puma counts a request whose thread has yet to begin as two.
        THREADS = { min_threads: 0, max_threads: 256 }.freeze
        # Seconds until a busy thread, in a `respond` block say, is interrupted when the server stops.
        SHUTDOWN_TIMEOUT = 2
        # Seconds until an interrupted thread is killed.
        KILL_TIMEOUT = 6

        # @return [Integer]
        attr_reader :port

        # @param app [#call] a Rack application
        # @raise [LoadError] when Puma cannot be loaded
        def initialize(app)
          load_puma
          @pid = Process.pid
          @threads = ThreadGroup.new
          @sockets = ObjectSpace::WeakMap.new
          @puma = puma(noting_sockets(app), **THREADS, force_shutdown_after: SHUTDOWN_TIMEOUT)
          @puma.add_tcp_listener(HOST, 0)
          @port = @puma.connected_ports.first
          run
        end

        # @return [Boolean] whether this process started it, rather than being a fork of the one that did
        def ours?
          @pid == Process.pid
        end

        # Stops listening, lets running requests finish, and joins every thread. Does nothing the second time.
        def stop
          @puma.stop(false)
          expect_no_more_requests
          @puma.stop(true)
          deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + KILL_TIMEOUT
          @threads.list.each do |thread|
            left = deadline - Process.clock_gettime(Process::CLOCK_MONOTONIC)
            thread.kill.join unless thread.join([left, 0].max)
          end
        end

        private

        def noting_sockets(app)
          lambda do |env|
            socket = env["puma.socket"]
            @sockets[socket] = true
            app.call(env)
          end
        end

        # Otherwise Puma waits a fifth of a second for the next request on a connection that is kept alive.
        def expect_no_more_requests
          @sockets.each_key do |socket|
            socket.close_read
          rescue IOError, SystemCallError
            next # It is closed already.
          end
        end

        def load_puma
          require "puma"
          require "puma/server"
        rescue LoadError => e
          raise LoadError, "llm_router testing runs its gateway on Puma, which cannot be loaded (#{e.message}): " \
                           "add gem \"puma\" to the test group of your Gemfile"
        end

        # Puma 5 takes a log of events and sets RACK_ENV for the whole process; Puma 6 takes a log writer.
        def puma(app, **options)
          rack_env = ENV.fetch("RACK_ENV", nil)
          return Puma::Server.new(app, Puma::Events.null, options) if Puma::Events.respond_to?(:null)

          require "puma/log_writer"
          Puma::Server.new(app, nil, options.merge(log_writer: Puma::LogWriter.null))
        ensure
          ENV["RACK_ENV"] = rack_env
        end

        # A thread belongs to the group of the one that started it, so this catches all that Puma and the faults start.
        def run
          Thread.new do
            @threads.add(Thread.current)
            @puma.run(true, thread_name: "llm_router testing")
          end.join
        end
      end
    end
  end
end
