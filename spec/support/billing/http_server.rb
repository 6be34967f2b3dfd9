# frozen_string_literal: true

require "socket"

# The little HTTP that gateways in Ruby need. The including class answers with +answer(client, line,
# body)+, given the request's first line and its body.
module HttpServer
  HOST = "127.0.0.1"

  private

  # A thread for each connection, which mostly sleeps: hundreds of them cost little.
  # @return [Integer] the port
  def listen(port)
    server = TCPServer.new(HOST, port)
    Thread.new { loop { Thread.new(server.accept) { |client| serve(client) } } }
    server.addr[1]
  end

  def serve(client)
    client.setsockopt(Socket::IPPROTO_TCP, Socket::TCP_NODELAY, 1)
    until client.closed? || !(line = client.gets)
      answer(client, line, body(client))
    end
  rescue SystemCallError, IOError
    nil
  ensure
    client.close
  end

  def body(client)
    length = 0
    while (header = client.gets) && header != "\r\n"
      length = header[/\d+/].to_i if header.match?(/\Acontent-length:/i)
    end
    client.read(length)
  end
end
