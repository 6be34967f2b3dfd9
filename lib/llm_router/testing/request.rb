# frozen_string_literal: true

require "json"

class LlmRouter
  module Testing
    # A request as it arrived at the {Gateway}; frozen.
    #
    # @example
    #   request = gateway.requests.last
    #   request.model                        # => "openai/gpt-5-mini"
    #   request.body["temperature"]          # => 0.2
    #   request.headers["x-openrouter-title"] # => "My app"
    class Request
      # @return [String] such as "POST"
      # @example
      #   request.http_method # => "POST"
      attr_reader :http_method
      # @return [String] without the query
      # @example
      #   request.path # => "/api/v1/chat/completions"
      attr_reader :path
      # @return [Hash{String => String}] by lower-case name with dashes; the API key is among them
      # @example
      #   request.headers["content-type"] # => "application/json"
      attr_reader :headers
      # @return [String] the body, byte for byte as it was sent
      # @example
      #   request.raw_body # => "{\"model\":\"openai/gpt-5-mini\",\"messages\":[…]}"
      attr_reader :raw_body
      # @return [Hash, nil] the body parsed, with String keys; nil when it is not a JSON object
      # @example
      #   request.body.keys # => ["model", "messages", "temperature"]
      attr_reader :body
      # @return [Integer] which client connection brought it; never used twice within a process
      # @example On one kept-alive connection
      #   gateway.requests.map(&:connection).uniq.size # => 1
      attr_reader :connection
      # @return [Float] when it had arrived, in seconds of the monotonic clock
      # @example A model that cools down is left alone for ten seconds
      #   gateway.requests.map(&:received_at).each_cons(2).map { |one, next_one| next_one - one }.max # => 10.7
      attr_reader :received_at

      # @api private
      # @param env [Hash] a Rack environment of Puma's
      # @return [Request]
      def self.from(env)
        new(http_method: env.fetch("REQUEST_METHOD"), path: env.fetch("PATH_INFO"), headers: headers_of(env),
            raw_body: env.fetch("rack.input").read.to_s, connection: env.fetch("puma.socket").object_id)
      end

      # @api private
      def self.headers_of(env)
        env.each_with_object({}) do |(key, value), headers|
          name = key[/\AHTTP_(.+)/, 1] || key[/\ACONTENT_(?:TYPE|LENGTH)\z/]
          headers[name.downcase.tr("_", "-").freeze] = value.to_s.dup.freeze if name
        end
      end
      private_class_method :headers_of

      # @api private
      def initialize(http_method:, path:, headers:, raw_body:, connection:)
        @http_method = http_method.dup.freeze
        @path = path.dup.freeze
        @headers = headers.freeze
        @raw_body = raw_body.dup.force_encoding(Encoding::UTF_8).freeze
        @body = parse(@raw_body)
        @connection = connection
        @received_at = Process.clock_gettime(Process::CLOCK_MONOTONIC)
        freeze
      end

      # @return [String, nil] the requested model
      # @example
      #   request.model # => "anthropic/claude-sonnet-4.5"
      def model
        body && body["model"]
      end

      # @return [Array<Hash>] the messages sent, with String keys; empty when there are none
      # @example
      #   request.messages # => [{ "role" => "user", "content" => "Hi" }]
      def messages
        (body && body["messages"]) || []
      end

      # @return [String, Array<String>, nil] the texts sent to be embedded
      # @example
      #   request.input # => ["Where is my order?"]
      def input
        body && body["input"]
      end

      # @return [String] without headers and messages, for they hold the key and the prompt
      # @example
      #   request.inspect # => "#<LlmRouter::Testing::Request POST /api/v1/chat/completions model=\"a/b\">"
      def inspect
        "#<#{self.class.name} #{http_method} #{path} model=#{model.inspect}>"
      end

      private

      def parse(text)
        parsed = JSON.parse(text, max_nesting: false, freeze: true)
        parsed if parsed.is_a?(Hash)
      rescue JSON::ParserError, EncodingError
        nil
      end
    end
  end
end
