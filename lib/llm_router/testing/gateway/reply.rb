# frozen_string_literal: true

require "json"
require "zlib"

class LlmRouter
  module Testing
    class Gateway
      # One whole HTTP answer, for Puma or to be written onto a socket.
      #
      # @api private
      class Reply
        JSON_TYPE = { "content-type" => "application/json" }.freeze

        attr_reader :status, :headers, :body, :cost_usd

        # @return [Reply] with `fields` as its JSON
        def self.json(status:, fields:, headers: {}, cost_usd: 0)
          new(status:, headers:, body: JSON.generate(fields), cost_usd:)
        end

        # @return [Reply] with `{"error": {"code", "message", "metadata"}}` as its JSON
        def self.error(status:, message:, code: status, metadata: nil, headers: {}, **more)
          error = { code:, message:, metadata:, **more }.compact
          json(status:, fields: { error: }, headers:)
        end

        # @param status [Integer]
        # @param headers [Hash{String => String}] a content type of JSON is added where there is none
        # @param body [String]
        # @param cost_usd [BigDecimal, Integer] US dollars that this answer costs
        # @raise [ArgumentError] when one of them is of another kind
        def initialize(status:, headers:, body:, cost_usd: 0)
          unless status.is_a?(Integer) && headers.is_a?(Hash) && body.is_a?(String)
            raise ArgumentError, "an answer is a status (Integer), headers (Hash) and a body (String), " \
                                 "not #{[status, headers, body].map(&:class).join(', ')}"
          end

          @status = status
          @headers = JSON_TYPE.merge(headers.transform_keys { |name| name.to_s.downcase })
          @body = body.b.freeze
          @cost_usd = cost_usd
        end

        # @return [Reply] the same, compressed
        def gzip
          self.class.new(status:, headers: headers.merge("content-encoding" => "gzip"), body: Zlib.gzip(body),
                         cost_usd:)
        end

        # @return [Array(Integer, Hash, Array<String>)] what a Rack application returns
        def to_rack
          [status, headers.dup, [body]]
        end

        # @return [String] the status line and all headers, which announce the whole body and keep the connection alive
        def head
          lines = headers.merge("content-length" => body.bytesize).map { |name, value| "#{name}: #{value}\r\n" }
          "HTTP/1.1 #{status} Scripted\r\n#{lines.join}\r\n".b
        end

        # @return [String] the first half of the body
        def half
          body.byteslice(0, body.bytesize / 2)
        end
      end
    end
  end
end
