# frozen_string_literal: true

module RuboCop
  module LlmRouter
    # Where a file reads a provider's key.
    class Keys
      READERS = %i[[] fetch values_at get get! load dig slice read find].freeze
      STORES = %w[credentials secrets configuration config config_for env].freeze
      SECRET = /(?:\A|_)(?:key|token|secret|password)\z/i
      # Other constants that are read like ENV.
      STORE = /\A(?:ENV|(?:\w+::)*\w*(?:Config|Setting|Credential|Secret|Vault|Figaro|Dotenv)\w*)\z/
      # Code that configures, wherever it is.
      CONFIGURES = /\A(?:LlmRouter\.configure|Rails\.application\.configure|initializer|config\.\w+)\b/

      def initialize(ast, names)
        @ast = ast
        @names = names
      end

      # @return [Array<Node>] each read once, at the whole of its chain
      def reads
        @ast.each_node(:send, :csend).select { |node| whole?(node) && read?(node) && !configuring?(node) }
      end

      private

      def whole?(node)
        parent = node.parent
        !(parent&.call_type? && parent.receiver.equal?(node) && segments(parent))
      end

      def read?(node)
        named_key?(node) || credential?(segments(node) || [])
      end

      # ENV["OPENAI_API_KEY"], ENV.fetch, and stores of the app's that are used alike.
      def named_key?(node)
        return false unless READERS.include?(node.method_name) && store?(node.receiver)

        node.arguments.any? do |part|
          @names.texts(part).any? do |text|
            text == text.upcase && text.match?(Providers::KEY)
          end
        end
      end

      def store?(node)
        node = node.receiver while node&.call_type?
        node&.const_type? && node.const_name.to_s.match?(STORE)
      end

      # The names of Rails.application.credentials.dig(:openai, :api_key) from the store on; nil for any other call.
      def segments(node)
        names = []
        while node&.call_type?
          names.unshift(*words(node))
          return names if STORES.include?(node.method_name.to_s) && root?(node.receiver)
          return ["settings", *names] if node.receiver&.const_type? && node.receiver.const_name == "Settings"

          node = node.receiver
        end
      end

      def root?(node)
        node&.source.to_s.match?(/\A(?:::)?(?:Rails(?:\.application)?|Figaro)\z/)
      end

      def words(node)
        given = node.arguments.select { |part| part.sym_type? || part.str_type? }.map { |part| part.value.to_s }
        if READERS.include?(node.method_name) || node.method?(:dig!)
          given
        else
          [node.method_name.to_s.delete_suffix("!"),
           *given]
        end
      end

      def credential?(names)
        store, *names = names
        place = names.index { |name| name.match?(Providers::KEY) || name.match?(Providers::CREDENTIAL) }
        return false unless place

        rest = names.drop(place + 1) - %w[to_s presence present? nil? blank? freeze]
        names[place].match?(Providers::KEY) || rest.any? { |name| name.match?(SECRET) } ||
          (rest.empty? && %w[credentials secrets].include?(store))
      end

      def configuring?(node)
        node.each_ancestor(:block).any? { |block| block.send_node.source.match?(CONFIGURES) } ||
          node.each_ancestor(:send).any? { |call| call.receiver&.source == "LlmRouter" }
      end
    end
  end
end
