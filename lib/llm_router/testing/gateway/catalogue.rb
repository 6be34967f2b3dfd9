# frozen_string_literal: true

require "json"
require_relative "dollars"
require_relative "reply"

class LlmRouter
  module Testing
    class Gateway
      # What the gateway says that models and generations cost, when it is asked for that. Such questions are not among
      # {Observations#requests}. Safe to share between threads.
      #
      # @api private
      class Catalogue
        MODELS = "/models"
        GENERATION = "/generation"

        def initialize
          @lock = Mutex.new
          clear
        end

        def clear
          @lock.synchronize do
            @models = {}
            @generations = {}
            @asked = []
          end
        end

        # @param pricing [Hash] as `pricing` of a model
        def price(model, context_length, pricing)
          @lock.synchronize { @models[model] = { id: model, context_length:, pricing: }.compact }
        end

        # @param data [Hash] as `data` of a generation
        def generation(id, data)
          @lock.synchronize { @generations[id] = data }
        end

        # @return [Array<String>] the paths that were asked for, with their queries
        def asked
          @lock.synchronize { @asked.dup.freeze }
        end

        # @param env [Hash] a Rack environment
        # @param root [String]
        # @return [Reply, nil] nil for what is no question of this kind
        def reply(env, root)
          return unless env.fetch("REQUEST_METHOD") == "GET"

          path = env.fetch("PATH_INFO").delete_prefix(root)
          return unless [MODELS, GENERATION].include?(path)

          query = env.fetch("QUERY_STRING", "")
          @lock.synchronize do
            @asked << [path, query].reject(&:empty?).join("?")
            path == MODELS ? Reply.json(status: 200, fields: { data: @models.values }) : found(query[/\bid=([^&]*)/, 1])
          end
        end

        private

        def found(id)
          data = @generations[id]
          return Reply.json(status: 200, fields: { data: }) if data

          Reply.error(status: 404, message: "llm_router testing: no generation #{id}")
        end
      end
    end
  end
end
