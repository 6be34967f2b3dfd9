# frozen_string_literal: true

require "io/wait"
require "socket"

class LlmRouter
  module Testing
    class Gateway
      # The client's connection, as a fault needs it. All but {#release} is called by one thread.
      #
      # @api private
      class Connection
        # Seconds for the client to read its answer before {#reset_soon} resets the connection.
        RESET_DELAY = 0.05

        def initialize(socket)
          @socket = socket
          @lock = Mutex.new
          @held = @released = false
        end

        # Ends the wait of a client that is held, now or as soon as it is.
        def release
          @lock.synchronize do
            @released = true
            hang_up if @held
          end
        end

        # While the block runs, {#release} ends the connection.
        def held
          @lock.synchronize do
            @held = true
            hang_up if @released
          end
          yield
        ensure
          @lock.synchronize { @held = false }
        end

        def write(bytes)
          @socket.write(bytes)
        end

        def begin_chunks(headers)
          lines = headers.merge("transfer-encoding" => "chunked", "connection" => "close")
          write("HTTP/1.1 200 Scripted\r\n#{lines.map { |name, value| "#{name}: #{value}\r\n" }.join}\r\n")
        end

        def write_chunk(bytes)
          write("#{bytes.bytesize.to_s(16)}\r\n#{bytes}\r\n")
        end

        # @return [Symbol, nil] how the connection ended, nil when the seconds were over first
        def drip(every:, seconds:)
          deadline = seconds && (now + seconds)
          until deadline && now >= deadline
            write_chunk("\n")
            ended = rest([every, deadline && (deadline - now)].compact.min)
            return ended if ended
          end
        end

        # Waits until the connection ends.
        #
        # @return [Symbol] `:left` by the client, or `:released`
        def stay
          loop do
            event = await(nil)
            return event unless event == :spoke

            @socket.read_nonblock(16_384, exception: false)
          end
        end

        # Waits for some seconds, or until the connection ends.
        #
        # @return [Symbol, nil] as {#stay}, nil when the seconds were over first
        def rest(seconds)
          deadline = now + seconds
          case event = await(seconds)
          when :spoke then sleep([deadline - now, 0].max) && nil
          when :left, :released then event
          end
        end

        def reset
          @socket.setsockopt(Socket::SOL_SOCKET, Socket::SO_LINGER, [1, 0].pack("ii"))
          @socket.close
        end

        # A reset could destroy an answer that is not read yet.
        def reset_soon
          event = await(RESET_DELAY)
          event == :left ? event : reset
        end

        def reset_on_reuse
          event = await(nil)
          event == :spoke ? reset : event
        end

        # A close alone would not be seen by the client while a forked child has a copy of the socket.
        def close
          hang_up
          @socket.close
        end

        # @return [Symbol] who ended the connection
        def ended
          @released ? :released : :left
        end

        private

        def await(seconds)
          return unless @socket.wait_readable(seconds)

          byte = @socket.recv_nonblock(1, Socket::MSG_PEEK, exception: false)
          byte.nil? || byte.empty? ? ended : :spoke
        rescue SystemCallError, IOError
          ended
        end

        def hang_up
          @socket.shutdown(Socket::SHUT_RDWR)
        rescue SystemCallError, IOError
          nil
        end

        def now
          Process.clock_gettime(Process::CLOCK_MONOTONIC)
        end
      end
    end
  end
end
