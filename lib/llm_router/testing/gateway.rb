# frozen_string_literal: true

require_relative "request"
require_relative "gateway/answers"
require_relative "gateway/app"
require_relative "gateway/catalogue"
require_relative "gateway/connections"
require_relative "gateway/failures"
require_relative "gateway/faults"
require_relative "gateway/journal"
require_relative "gateway/observations"
require_relative "gateway/script"
require_relative "gateway/server"
require_relative "gateway/vectors"

class LlmRouter
  # The gem's support for tests. The gateway needs neither the native extension nor Rails.
  module Testing
    # An OpenRouter-compatible gateway on loopback that answers as scripted, over real HTTP on a real socket. It runs on
    # threads of this process, needs the gem "puma", and never talks to another machine.
    #
    # Script its answers with {Answers}, {Vectors}, {Failures} and {Faults}. Each of their methods takes:
    # - the models it is for: a String with `*` globs (`*` also crosses `/`) or a Regexp; `"*"`, any model, by default;
    # - `times:`, how often it serves before it is used up: an Integer from 1, or nil for ever (the default);
    # - where it makes sense, `delay:`, seconds to wait first.
    #
    # The last scripted stub wins, of those that match and are not used up. A request that no stub matches gets a 422
    # that says so. See {Observations} for what happened.
    #
    # @example A primary that is down, and a secondary that answers
    #   LlmRouter::Testing::Gateway.start do |gateway|
    #     gateway.fail("anthropic/*", status: 503)
    #     gateway.answer("Hello", "google/*", cost_usd: "0.0021")
    #     # … call it at gateway.base_url with gateway.api_key …
    #     gateway.requests.map(&:model) # => ["anthropic/claude-sonnet-4.5", "google/gemini-2.5-flash"]
    #     gateway.billed_usd            # => BigDecimal("0.0021")
    #   end
    class Gateway
      include Answers
      include Failures
      include Faults
      include Observations
      include Vectors

      # @return [String, nil] the key that requests must have as `Authorization: Bearer KEY`, or as it is in any
      #   header; nil for none
      # @example
      #   gateway.api_key # => "test-key"
      attr_reader :api_key

      # Starts a gateway on a free port of 127.0.0.1.
      #
      # @param api_key [String, nil] the key that every request must have; nil for none
      # @yieldparam gateway [Gateway] stopped when the block ends
      # @return [Gateway, Object] the running gateway, or what the block returned
      # @raise [LoadError] when Puma cannot be loaded
      # @example
      #   gateway = LlmRouter::Testing::Gateway.start
      #   gateway.stop
      def self.start(api_key: "test-key")
        gateway = new(api_key:)
        return gateway unless block_given?

        begin
          yield gateway
        ensure
          gateway.stop
        end
      end
      private_class_method :new

      # @api private
      def initialize(api_key:)
        @api_key = api_key
        @script = Script.new
        @journal = Journal.new
        @connections = Connections.new
        @catalogue = Catalogue.new(@script)
        app = App.new(api_key:, script: @script, journal: @journal, connections: @connections, catalogue: @catalogue)
        @server = Server.new(app)
      end

      # @return [String] what to configure as the base URL of the API; no trailing slash
      # @example
      #   gateway.base_url # => "http://127.0.0.1:40123/api/v1"
      def base_url
        "http://#{Server::HOST}:#{@server.port}#{App::ROOT}"
      end

      # Sets the price of a model at `/models` and `/models/{author}/{slug}/endpoints`, so that budgets reserve by it.
      # Without it, a model costs what its next scripted answer does, whatever is sent. Call it with several provider
      # names for several providers; `/models` shows the first.
      #
      # @param model [String]
      # @param prompt [String] US dollars per token
      # @param completion [String] US dollars per token
      # @param request [String] US dollars per request
      # @param context_length [Integer, nil] tokens
      # @param max_completion_tokens [Integer, nil] tokens that an answer has at most
      # @param provider [String]
      # @param service_tier [String, nil] that the provider sells at this price; nil for the standard one
      # @param pricing [Hash] other fields of `pricing`, such as `image:`
      # @return [self]
      # @example
      #   gateway.price("openai/gpt-5-mini", prompt: "0.00000025", completion: "0.000002")
      def price(model, prompt:, completion:, request: "0", context_length: nil, max_completion_tokens: nil,
                provider: "Testing", service_tier: nil, **pricing)
        @catalogue.price(model, { provider_name: provider, service_tier:, context_length:, max_completion_tokens:,
                                  pricing: { prompt:, completion:, request:, **pricing } }.compact)
        self
      end

      # Sets what `/models` says of a model, beside its price: `expiration_date:`, `supported_parameters:`, …
      #
      # @param name [String]
      # @param fields [Hash]
      # @return [self]
      # @example
      #   gateway.model("openai/gpt-5-mini", expiration_date: "2027-01-01", supported_parameters: ["max_tokens"])
      def model(name, **fields)
        @catalogue.model(name, fields)
        self
      end

      # Serves `/key`, and sets what it says of the key; without more, that it has no limit. The gateway of
      # {LlmRouter.testing!} serves it from the start.
      #
      # @param fields [Hash]
      # @return [self]
      # @example
      #   gateway.key(limit: 100, limit_remaining: 3.5)
      def key(**fields)
        @catalogue.key(fields)
        self
      end

      # @return [String, nil] US dollars that the next answer of a model costs at most; nil if its price is scripted,
      #   or no answer is
      # @api private
      def cost_of(model)
        @catalogue.cost_of(model)
      end

      # @return [Boolean] whether an answer is scripted for a model
      # @api private
      def scripted?(model)
        @script.serves?(model)
      end

      # Sets at `/generation` the cost of a generation whose answer never arrived. Without it, none is known.
      #
      # @param id [String] as in the answer's header `X-Generation-Id`
      # @param cost_usd [String, BigDecimal, Integer] US dollars
      # @param more [Hash] other fields, such as `model:` or `native_tokens_prompt:`
      # @return [self]
      # @raise [ArgumentError] for a cost that is a Float
      # @example
      #   gateway.generation("gen-1", cost_usd: "0.0021")
      def generation(id, cost_usd:, **more)
        @catalogue.generation(id, { id:, total_cost: Dollars.of(cost_usd), **more })
        self
      end

      # @return [Array<String>] the paths of look-ups, such as "/models"
      # @example
      #   gateway.lookups # => ["/models/openai/gpt-5-mini/endpoints", "/generation?id=gen-1"]
      def lookups
        @catalogue.lookups
      end

      # Closes the connection of every client that is being kept waiting: hanging, stalled, dripped to or delayed.
      #
      # @return [self]
      # @example
      #   gateway.hang
      #   call = Thread.new { router.call(messages: messages, max_tokens: 500) }
      #   gateway.await_requests(1)
      #   gateway.release
      #   call.join # has failed
      def release
        @connections.release
        self
      end

      # Clears the script, the requests and the bill, and {#release}s waiting clients. The port stays.
      #
      # @return [self]
      # @example
      #   after { gateway.reset! }
      def reset!
        @script.clear
        @journal.clear
        @catalogue.clear
        release
      end

      # Ends every connection, closes the port and joins every thread. {Observations#requests} can still be read. Does
      # nothing to a gateway that has stopped, or that the parent of this process started.
      #
      # @return [self]
      # @example
      #   gateway = LlmRouter::Testing::Gateway.start
      #   at_exit { gateway.stop }
      def stop
        return self unless @server.ours?

        @connections.close
        @server.stop
        self
      end

      # @return [String] without the key
      # @example
      #   gateway.inspect # => "#<LlmRouter::Testing::Gateway http://127.0.0.1:40123/api/v1, 2 requests>"
      def inspect
        "#<#{self.class.name} #{base_url}, #{requests.size} requests>"
      end

      private

      def script(pattern, times: nil, delay: 0, cost: nil, &behaviour)
        @script.add(pattern, times:, delay:, cost:, &behaviour)
        self
      end
    end
  end
end
