# frozen_string_literal: true

require "securerandom"
require "zlib"
require_relative "dollars"
require_relative "reply"

class LlmRouter
  module Testing
    class Gateway
      # How to script what {LlmRouter#embed} gets. See {Gateway} for the models, `times:` and `delay:`; all failures
      # can be scripted for embeddings, too.
      module Vectors
        # Answers with vectors: the given ones, or for each text one that is always the same. Heeds `dimensions` and
        # `encoding_format` of the request.
        #
        # @param pattern [String, Regexp] the models
        # @param vectors [Array<Array<Numeric>>, nil] in the order of the input
        # @param dimensions [Integer] the length of a vector, where neither vectors nor the request say
        # @param cost_usd [String, BigDecimal, Integer, nil] US dollars, written into the JSON with just these digits;
        #   nil for null
        # @param usage [Hash, nil] more fields of `usage`; nil for no usage at all
        # @param times [Integer, nil] how often; nil for ever
        # @param delay [Numeric] seconds to wait first
        # @param fields [Hash] any other field of the answer, such as `model:`; nil leaves it out
        # @return [self]
        # @raise [ArgumentError] for a cost that is a Float or no number
        # @example
        #   gateway.embed("openai/*", cost_usd: "0.00000016")
        #   gateway.embed(vectors: [[0.1, 0.2], [0.3, 0.4]])
        def embed(pattern = "*", vectors: nil, dimensions: 3, cost_usd: "0", usage: {}, times: nil, delay: 0, **fields)
          cost = Dollars.of(cost_usd)
          usage &&= { prompt_tokens: 8, total_tokens: 8, cost: }.merge(usage)
          script(pattern, times:, delay:, cost: usage && cost ? cost.to_d : false) do |exchange|
            sent = exchange.request
            data = Embedded.new(sent, dimensions).of(vectors)
            id = "gen-#{SecureRandom.hex(8)}"
            answer = { id:, object: "list", model: sent.model, provider: "Testing", data:, usage: }.merge(fields)
            exchange.reply(Reply.json(status: 200, fields: answer.compact, headers: { "x-generation-id" => id },
                                      cost_usd: cost ? cost.to_d : 0))
          end
        end

        # `data` of an answer.
        # @api private
        class Embedded
          def initialize(request, dimensions)
            @texts = Array(request.input)
            @dimensions = request.body["dimensions"] || dimensions
            @base64 = request.body["encoding_format"] == "base64"
          end

          def of(vectors)
            vectors ||= @texts.map { |text| vector(text) }
            vectors.each_with_index.map do |vector, index|
              { object: "embedding", index:, embedding: @base64 ? [vector.pack("e*")].pack("m0") : vector }
            end
          end

          private

          def vector(text)
            random = Random.new(Zlib.crc32(text))
            Array.new(@dimensions) { random.rand(-1.0..1.0).round(6) }
          end
        end
        private_constant :Embedded
      end
    end
  end
end
