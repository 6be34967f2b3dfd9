# frozen_string_literal: true

module RuboCop
  module LlmRouter
    # Calls that are known by their form, where the client comes from another file.
    class Shapes
      ENDINGS = {
        chat: %i[parameters], completions: %i[parameters], embeddings: %i[parameters], transcribe: %i[parameters],
        generate: %i[parameters], create: %i[parameters], invoke_model: %i[model_id body], converse: %i[model_id],
        converse_stream: %i[model_id], invoke_model_with_response_stream: %i[model_id],
        generate_content: %i[contents], stream_generate_content: %i[contents]
      }.freeze
      # Of the providers' own gems: client.messages.create(model:, messages:).
      CREATED = { messages: %i[messages], completions: %i[messages], responses: %i[input],
                  embeddings: %i[input] }.freeze
      # Of ActiveAgent: SupportAgent.with(…).help.generate_now.
      GENERATED = %i[generate_now generate_later prompt_now prompt_later].freeze
      # Of ruby_llm: chat.with_instructions("…").ask("…").
      SETTINGS = /\.with_(?:instructions|tools?|model|temperature|schema|params|thinking)\b/
      URL_METHODS = %i[base_url base_uri api_base api_url endpoint host url uri api_host].freeze

      def initialize(names)
        @names = names
      end

      # @yieldparam text [String] of a URL
      # @yieldreturn [String, nil] the host, if it is a provider's
      # @return [String, nil] what is called
      def name(node, &)
        case node.type
        when :def then overridden(node, &)
        when :super then texts(node).filter_map(&).first
        when :send, :csend then sent(node)
        end
      end

      private

      # A class that takes its connection from its parent.
      def overridden(node, &)
        return unless URL_METHODS.include?(node.method_name) && node.each_ancestor(:class).first&.parent_class

        @names.texts(node.body).filter_map(&).first
      end

      def texts(node)
        node.arguments.flat_map { |part| part.hash_type? ? part.values : [part] }.flat_map { |part| @names.texts(part) }
      end

      def sent(node)
        return unless node.receiver

        keys = keys(node)
        known = agent?(node) || created?(node, keys) || path?(node) || asked?(node)
        source(node) if known || (ENDINGS.fetch(node.method_name, []).intersect?(keys) && model?(node))
      end

      def created?(node, keys)
        return false unless %i[create stream stream_raw parse].include?(node.method_name) && node.receiver.call_type?

        wanted = CREATED[node.receiver.method_name]
        wanted && keys.include?(:model) && (keys & wanted).any?
      end

      # ruby-openai's parameters: must look like those of a model.
      def model?(node)
        pair = pairs(node).find { |each| key(each) == :parameters }
        return true unless pair

        value = @names.meanings(pair.value).find(&:hash_type?)
        return node.receiver.source.match?(/client|open_?ai|llm|gpt/i) unless value

        value.pairs.any? { |each| %i[model messages prompt input].include?(key(each)) }
      end

      def agent?(node)
        return node.method?(:chat_completion) unless GENERATED.include?(node.method_name)

        root = node.receiver
        root = root.receiver while root&.call_type?
        root&.const_type? && root.const_name.to_s.end_with?("Agent")
      end

      def asked?(node)
        node.method?(:ask) && node.receiver.source.match?(SETTINGS)
      end

      def path?(node)
        %i[post post_async].include?(node.method_name) && !node.receiver.source.match?(/stub|mock/i) &&
          node.first_argument && @names.texts(node.first_argument).any? { |text| text.match?(Providers::PATH) }
      end

      def keys(node)
        pairs(node).map { |pair| key(pair) }
      end

      def pairs(node)
        node.arguments.flat_map { |argument| @names.meanings(argument).select(&:hash_type?).first(1) }.flat_map(&:pairs)
      end

      def key(pair)
        pair.key.value.to_sym if pair.key.sym_type? || pair.key.str_type?
      end

      def source(node)
        node.source[/\A[^(\n{]+/].strip
      end
    end
  end
end
