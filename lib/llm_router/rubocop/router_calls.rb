# frozen_string_literal: true

module RuboCop
  module LlmRouter
    # The calls of a file that go through a router.
    class RouterCalls
      CALLS = %i[call call_all embed embed_all].freeze
      BATCHES = %i[call_all embed_all].freeze
      NAME = /(?:\A|_)(?:llm|router)\z/i

      def initialize(ast, names)
        @ast = ast
        @names = names
      end

      # @return [Array<Node>]
      def all
        @all ||= @ast.each_node(:send, :csend).select { |node| router_call?(node) }
      end

      # @return [Node, nil] the LlmRouter.new of a call, if it is in this file
      def made(call)
        @names.meanings(call.receiver).find { |node| new?(node) }
      end

      # @return [Node, nil] the value of a keyword of LlmRouter.new
      def option(made, name)
        made && pairs(made).find { |pair| pair.key.value == name }&.value
      end

      # @return [Array<Node>] of a call's own Hash
      def pairs(call)
        call.arguments.select(&:hash_type?).flat_map(&:pairs).select { |pair| pair.key.sym_type? || pair.key.str_type? }
      end

      private

      def router_call?(node)
        return false unless CALLS.include?(node.method_name) && node.receiver && node.arguments?

        !made(node).nil? || (named?(node.receiver) && (messages?(node) || BATCHES.include?(node.method_name)))
      end

      def new?(node)
        node.call_type? && node.method?(:new) && @names.constant(node.receiver) == "LlmRouter"
      end

      def named?(node)
        name = node.call_type? ? node.method_name : node.children.last
        name.to_s.delete("@").match?(NAME)
      end

      def messages?(node)
        pairs(node).any? { |pair| %i[messages input].include?(pair.key.value.to_sym) } ||
          node.arguments.any? { |part| part.hash_type? && part.children.any?(&:kwsplat_type?) }
      end
    end
  end
end
