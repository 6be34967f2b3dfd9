# frozen_string_literal: true

module RuboCop
  module Cop
    module LlmRouter
      # A rescue calls a second model by hand, or retries with another one.
      class RescuedFallback < Base
        include WholeFile

        MSG = "This rescue calls a model again by hand. Write one chain, " \
              "LlmRouter.new(chain: %w[vendor/first other/second], budget: budget): it falls back by itself, and " \
              "stops where every model would fail."
        MODELS = /model|provider|client|llm|chain|candidate|fallback/i
        VENDORS = /Open(?:ai|Ai|AI|Router)|Claude|Anthropic|Gemini|GPT|Gpt|Mistral|Groq|Llama|Deep[Ss]eek|Grok|Bedrock|
                   Cohere|Perplexity|Llm|LLM/x
        MODEL_ID = %r{\A(?:gpt-|o[134](?:-mini|-pro|-preview)?\z|claude-|gemini-|mistral-|llama-?\d|deepseek-|grok-|
                      (?:openai|anthropic|google|meta-llama|mistralai|deepseek|x-ai|cohere|qwen|amazon)/)}xi
        ITERATORS = %i[each each_with_index each_entry each_with_object map filter_map find detect lazy times
                       reverse_each cycle].freeze
        LOOPS = %i[block for while until].freeze
        TAKEN = %i[shift pop next rotate! slice!].freeze
        ASSIGNED = %i[lvasgn ivasgn].freeze

        private

        def investigate
          processed_source.ast.each_node(:rescue) do |node|
            body, *handlers = *node
            handlers.compact.select(&:resbody_type?).each do |handler|
              add_offense(handler.loc.keyword) if second?(body, handler.children.last) || next_in_loop?(body, handler)
            end
          end
        end

        def second?(body, handler)
          return false if body.nil? || handler.nil?

          (file.calls_model?(body) && (file.calls_model?(handler) || another_retried?(handler))) ||
            others?(vendors(body), vendors(handler)) || others?(model_ids(body), model_ids(handler)) ||
            (named_model?(body) && another_retried?(handler))
        end

        def others?(first, second)
          first.any? && (second - first).any?
        end

        def another_retried?(handler)
          handler.each_node(:retry).any? &&
            handler.each_node(*ASSIGNED, :send).any? { |node| node.send_type? ? taken?(node) : changed?(node) }
        end

        def changed?(node)
          node.children.first.match?(MODELS)
        end

        def taken?(node)
          TAKEN.include?(node.method_name) && node.receiver && node.receiver.source.match?(MODELS)
        end

        # The article's own loop: each model of a list, and next where one fails.
        def next_in_loop?(body, handler)
          around = handler.each_ancestor(*LOOPS).find do |node|
            !node.block_type? || ITERATORS.include?(node.method_name)
          end
          return false unless list_of(around)&.source&.match?(MODELS) && !leaves?(handler.children.last)

          file.calls_model?(body) || (body && named_model?(body))
        end

        # What a loop goes through, or waits for.
        def list_of(around)
          case around&.type
          when :block then around.send_node.receiver
          when :for then around.variable && around.collection
          when :while, :until then around.condition
          end
        end

        # Whether a handler always ends the loop.
        def leaves?(handler)
          last = handler&.begin_type? ? handler.children.last : handler
          return true if last&.return_type? || last&.break_type? || (last&.send_type? && last&.method?(:raise))

          false
        end

        # Classes of the app's that are named after vendors, if they are called.
        def vendors(node)
          node.each_node(:send).map(&:receiver).select { |receiver| receiver&.const_type? }.map(&:const_name).compact
              .grep(VENDORS)
        end

        def model_ids(node)
          node.each_node(:send, :csend).flat_map do |call|
            call.arguments.flat_map do |part|
              texts(part)
            end
          end.grep(MODEL_ID)
        end

        def texts(part)
          values = part.hash_type? ? part.pairs.select { |pair| pair.key.source == "model" }.map(&:value) : [part]
          values.flat_map { |value| file.names.texts(value) }
        end

        def named_model?(node)
          node.each_node(:pair).any? { |pair| pair.key.sym_type? && pair.key.value == :model }
        end
      end
    end
  end
end
