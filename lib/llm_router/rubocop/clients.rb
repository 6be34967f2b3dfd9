# frozen_string_literal: true

require_relative "providers"

module RuboCop
  module LlmRouter
    # Clients of providers and what is made on them: by the names of their gems.
    class Clients
      # @param local [#call] whether the app has a constant of that name itself
      def initialize(names, local)
        @names = names
        @local = local
      end

      # @return [String, nil] what is made or called
      def name(node)
        return parent(node) if node.class_type?
        return unless node.call_type?
        return macro(node) if node.receiver.nil? && Providers::MACROS.include?(node.method_name)
        return mixed_in(node) if %i[include extend prepend].include?(node.method_name)

        made(node) || called(node)
      end

      private

      def parent(node)
        named(node.parent_class, Providers::PARENT) if node.parent_class
      end

      # A class below ActiveAgent::Base is an offense itself.
      def macro(node)
        outer = node.each_ancestor(:class).first
        node.method_name.to_s unless outer && parent(outer)
      end

      def mixed_in(node)
        node.arguments.filter_map { |argument| named(argument, Providers::MIXED_IN) }.first
      end

      def made(node)
        return unless node.method?(:new) && node.receiver

        name = named(node.receiver, Providers::MADE)
        name ||= named(node.receiver, Providers::ROOT) if credentials?(node)
        name ||= node.arguments.filter_map { |argument| named(argument, Providers::PARENT) }.first if class_new?(node)
        name
      end

      def class_new?(node)
        node.receiver.const_type? && node.receiver.const_name == "Class"
      end

      def called(node)
        name = node.receiver && @names.constant(node.receiver)
        return unless Providers::CALLED[name]&.include?(node.method_name) && !@local.call(name)
        return if name == "Replicate" && node.method?(:run) && !@names.texts(node.first_argument).first&.include?("/")

        "#{name}.#{node.method_name}"
      end

      def named(node, pattern)
        name = @names.constant(node)
        name if name&.match?(pattern) && !@local.call(name)
      end

      def credentials?(node)
        node.arguments.select(&:hash_type?).flat_map(&:pairs).any? do |pair|
          pair.key.sym_type? && Providers::CREDENTIALS.include?(pair.key.value)
        end
      end
    end
  end
end
