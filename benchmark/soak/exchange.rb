# frozen_string_literal: true

require "json"
require "socket"
require "zlib"
require_relative "journal"

module Soak
  # One request and what becomes of it, on the gateway's side of a socket. Faults are made with it.
  class Exchange
    # The client hangs up long before; seconds.
    CLOSING_TIMEOUT = 60

    # @return [String] the candidate: endpoint and model
    attr_reader :rung
    # @return [String] the call, as its maker names it
    attr_reader :tag
    # @return [String] the id of the generation
    attr_reader :id
    # @return [String] decimal US dollars, what it is billed at if it is
    attr_reader :cost

    # @param socket [Socket]
    # @param path [String] of the request
    # @param body [String]
    # @param random [Random]
    def initialize(socket, path, body, random)
      request = JSON.parse(body)
      @socket = socket
      @model = request.fetch("model")
      @rung = "#{path[%r{\A/(\w+)/}, 1]}:#{@model}"
      @tag = request.fetch("user")
      @id = "gen-#{random.bytes(10).unpack1('H*')}"
      @cost = format("0.%030d", random.rand(1..(10**28)))
    end

    # @return [String] the JSON of a completion that says what it cost
    def completion(content: '"Yes."', cost: @cost, finish: '"stop"', more: "")
      %({"id":"#{@id}","object":"chat.completion","created":0,"model":#{@model.to_json},#{more}"choices":[{"index":0,) +
        %("finish_reason":#{finish},"message":{"role":"assistant","content":#{content}}}],#{usage(cost)}})
    end

    # @return [String] the JSON of an answer without a completion
    def bare(fields)
      %({"id":"#{@id}",#{fields},#{usage(@cost)}})
    end

    # @return [String] the head of an answer whose body is that long
    def head(length, status: 200, **headers)
      lines = { "Content-Type" => "application/json", "X-Generation-Id" => @id, **headers }
      lines["Content-Length"] = length if length
      "HTTP/1.1 #{status} Soaked\r\n#{lines.map { |name, value| "#{name}: #{value}\r\n" }.join}\r\n"
    end

    # A whole answer.
    def reply(body, **options)
      write(head(body.bytesize, **options) + body)
    end

    def gzip(body)
      reply(Zlib.gzip(body), "Content-Encoding" => "gzip")
    end

    def write(bytes)
      @socket.write(bytes)
    end

    def write_chunk(bytes)
      write("#{bytes.bytesize.to_s(16)}\r\n#{bytes}\r\n")
    end

    # Seconds in which the client can also leave.
    # @return [Boolean] whether it is still there
    def rest(seconds)
      @socket.wait_readable(seconds).nil?
    end

    # Until the client leaves.
    def stay
      rest(CLOSING_TIMEOUT)
      close
    end

    def close
      @socket.close
    end

    def reset
      @socket.setsockopt(Socket::SOL_SOCKET, Socket::SO_LINGER, [1, 0].pack("ii"))
      @socket.close
    end

    private

    def usage(cost)
      %("usage":{"prompt_tokens":7,"completion_tokens":2,"total_tokens":9,"cost":#{cost}})
    end
  end
end
