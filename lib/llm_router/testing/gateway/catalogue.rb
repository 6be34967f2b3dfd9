# frozen_string_literal: true

require "json"
require "time"
require_relative "dollars"
require_relative "reply"

class LlmRouter
  module Testing
    class Gateway
      # The prices of models and costs of generations, for look-ups, which are not among {Observations#requests}. Safe
      # to share between threads.
      #
      # A model without a scripted price costs what its next scripted answer does, for each request. If that has no
      # cost, the model has no price.
      #
      # @api private
      class Catalogue
        MODELS = "/models"
        PROVIDERS = %r{\A/models/(.+)/endpoints\z}
        GENERATION = "/generation"
        KEY = "/key"
        # What a model takes that is scripted without more.
        PARAMETERS = %w[max_tokens max_completion_tokens temperature top_p stop seed tools tool_choice response_format
                        structured_outputs reasoning include_reasoning frequency_penalty presence_penalty].freeze
        # US dollars: the least price, so that a budget with nothing left refuses any answer.
        MIN_PRICE = "0.000001"
        # More tokens than any answer has.
        TOKENS = 1_000_000

        # @param script [Script]
        def initialize(script)
          @script = script
          @lock = Mutex.new
          clear
        end

        def clear
          @lock.synchronize do
            @models = {}
            @generations = {}
            @details = {}
            @key = nil
            @lookups = []
          end
        end

        # @param provider [Hash] as one of `endpoints` of a model; it replaces the one of its name and tier
        def price(model, provider)
          @lock.synchronize do
            providers = @models.fetch(model, []).reject do |other|
              other.values_at(:provider_name, :service_tier) == provider.values_at(:provider_name, :service_tier)
            end
            @models[model] = [*providers, provider]
          end
        end

        # @param data [Hash] as `data` of a generation
        def generation(id, data)
          @lock.synchronize { @generations[id] = data }
        end

        # @param fields [Hash] of a model in the list
        def model(name, fields)
          @lock.synchronize { @details[name] = @details.fetch(name, {}).merge(fields) }
        end

        # @param fields [Hash] as `data` of the key
        def key(fields)
          @lock.synchronize { @key = @key.to_h.merge(fields) }
        end

        # @return [Array<String>] the paths of look-ups, with their queries
        def lookups
          @lock.synchronize { @lookups.dup.freeze }
        end

        # @return [String, nil] US dollars that the next answer of the model costs; nil if its price is scripted, or no
        #   answer is
        def cost_of(model)
          return if @lock.synchronize { @models.key?(model) }

          cost = @script.cost_of(model)
          cost && (cost.zero? ? MIN_PRICE : cost.to_s("F"))
        end

        # @param env [Hash] a Rack environment
        # @param root [String]
        # @return [Reply, nil] nil if the request is not a look-up
        def reply(env, root)
          return unless env.fetch("REQUEST_METHOD") == "GET"

          path = env.fetch("PATH_INFO").delete_prefix(root)
          query = env.fetch("QUERY_STRING", "")
          found = found(path, query)
          @lock.synchronize { @lookups << [path, query].reject(&:empty?).join("?") } if found
          found
        end

        private

        def found(path, query)
          case path
          when MODELS then data(listing)
          when KEY then @key && data(key_data)
          when GENERATION then data(@lock.synchronize { @generations[query[/\bid=([^&]*)/, 1]] }, "generation #{query}")
          when PROVIDERS then endpoints(Regexp.last_match(1).gsub(/%(\h\h)/) { Regexp.last_match(1).hex.chr })
          end
        end

        def endpoints(model)
          model = model.dup.force_encoding(Encoding::UTF_8)
          providers = providers(model)
          data(providers && { id: model, endpoints: providers }, "model #{model}")
        end

        def providers(model)
          scripted = @lock.synchronize { @models[model] }
          cost = cost_of(model)
          return scripted || ([] if @script.serves?(model)) unless cost

          [{ provider_name: "Testing #{model[%r{\A[^/]+}]}", max_completion_tokens: TOKENS,
             supported_parameters: PARAMETERS,
             pricing: { prompt: "0", completion: "0", request: cost } }]
        end

        # OpenRouter shows one provider of each model.
        def listing
          models = @lock.synchronize { @models.keys | @details.keys } | @script.names
          models.filter_map do |model|
            first = providers(model)&.first
            details = @lock.synchronize { @details[model] }
            next unless first || details

            { id: model, **listed(first || {}), **details.to_h }
          end
        end

        def listed(provider)
          { **provider.slice(:context_length, :pricing, :supported_parameters),
            top_provider: provider.slice(:max_completion_tokens) }.reject { |_, value| value == {} }
        end

        def key_data
          { label: "testing", limit: nil, limit_remaining: nil, usage: 0, is_free_tier: false,
            **@lock.synchronize { @key } }
        end

        def data(data, what = nil)
          return Reply.json(status: 200, fields: { data: }, headers: { "date" => Time.now.httpdate }) if data

          Reply.error(status: 404, message: "llm_router testing: no #{what}")
        end
      end
    end
  end
end
