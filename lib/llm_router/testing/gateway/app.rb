# frozen_string_literal: true

require_relative "../request"
require_relative "connection"
require_relative "exchange"
require_relative "reply"

class LlmRouter
  module Testing
    class Gateway
      # The Rack application: notes the request, checks the key, and lets the script answer.
      #
      # @api private
      class App
        ROOT = "/api/v1"
        COMPLETIONS = "#{ROOT}/chat/completions".freeze
        EMBEDDINGS = "#{ROOT}/embeddings".freeze
        BEARER = /\ABearer +(.+)\z/i
        ADVICE = { COMPLETIONS => "Script it before the call: gateway.answer(\"Hello\", %<model>p).",
                   EMBEDDINGS => "Script it before the call: gateway.embed(%<model>p)." }.freeze

        def initialize(api_key:, script:, journal:, connections:, catalogue:)
          @api_key = api_key
          @catalogue = catalogue
          @script = script
          @journal = journal
          @connections = connections
        end

        # @param env [Hash] a Rack environment of Puma's
        # @return [Array(Integer, Hash, Array<String>)]
        def call(env)
          looked_up = @catalogue.reply(env, ROOT)
          return looked_up.to_rack if looked_up

          Exchange.new(env, journal: @journal, connections: @connections).run { |exchange| serve(exchange) }
        end

        private

        def serve(exchange)
          refusal = refuse(exchange.request)
          return exchange.reply(refusal) if refusal

          stub = @script.take(exchange.request.model)
          return exchange.reply(unscripted(exchange.request)) unless stub

          exchange.pause(stub.delay) || stub.behaviour.call(exchange)
        rescue StandardError => e
          exchange.reply(error(500, "#{e.class} while answering: #{e.message}"))
        end

        def refuse(request)
          unauthorized(request) || unserved(request) ||
            (error(400, "the body is not a JSON object") unless request.body)
        end

        def unauthorized(request)
          # An endpoint may have its key in a header of another name.
          return if @api_key.nil? || request.headers.value?(@api_key)

          key = request.headers["authorization"].to_s[BEARER, 1]
          return error(401, "no Authorization header with a Bearer key") unless key

          error(401, "this is not the API key that the gateway was started with") unless key == @api_key
        end

        def unserved(request)
          return if ADVICE.key?(request.path) && request.http_method == "POST"

          served = ADVICE.keys.join(" and ")
          error(404, "#{request.http_method} #{request.path} is not served here, only POST #{served}")
        end

        def unscripted(request)
          model = request.model
          advice = format(ADVICE.fetch(request.path), model:)
          error(422, "nothing scripted for #{model.inspect}; scripted: #{@script}. #{advice}")
        end

        def error(status, message)
          Reply.error(status:, message: "llm_router testing: #{message}")
        end
      end
    end
  end
end
