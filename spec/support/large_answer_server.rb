# frozen_string_literal: true

require "socket"

module Support
  # A gateway whose answers are larger than what it keeps in memory: for each model one that repeats a unit.
  class LargeAnswerServer
    # `start`, `unit` so many `times`, `finish`.
    Body = Struct.new(:start, :unit, :times, :finish, :headers, keyword_init: true) do
      def initialize(start: "", unit: "", times: 0, finish: "", headers: "")
        super(start: start.b, unit: unit.b, times: times, finish: finish.b, headers: headers)
      end

      # `start`, as much of `unit` as there is room for, `finish`.
      def self.full(bytes, start, unit, finish)
        new(start:, unit:, times: (bytes - start.bytesize - finish.bytesize) / unit.bytesize, finish:)
      end

      def send_to(socket)
        length = start.bytesize + (unit.bytesize * times) + finish.bytesize
        socket << "HTTP/1.1 200 OK\r\nConnection: close\r\n#{headers}Content-Length: #{length}\r\n\r\n" << start
        send_units(socket)
        socket << finish
      end

      private

      def send_units(socket)
        at_once = 65_536
        block = unit * at_once
        (times / at_once).times { socket << block }
        socket << (unit * (times % at_once))
      end
    end

    # @param bodies [Hash{String => Body}] by model
    def initialize(bodies)
      @bodies = bodies
      @server = TCPServer.new("127.0.0.1", 0)
      @thread = Thread.new { loop { serve(@server.accept) } }
      @thread.report_on_exception = false
    end

    def base_url
      "http://127.0.0.1:#{@server.addr[1]}"
    end

    def stop
      @thread.kill.join
      @server.close
    end

    private

    def serve(socket)
      head = socket.gets("\r\n\r\n") or return
      request = socket.read(head[/content-length: (\d+)/i, 1].to_i)
      @bodies.fetch(JSON.parse(request).fetch("model")).send_to(socket)
    rescue SystemCallError
      # The client closed the connection.
    ensure
      socket.close
    end
  end
end
