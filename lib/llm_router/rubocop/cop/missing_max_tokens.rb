# frozen_string_literal: true

module RuboCop
  module Cop
    module LlmRouter
      # A call says nothing of the length of its answer, so a cap reserves the longest that the model can give.
      class MissingMaxTokens < Base
        include WholeFile

        MSG = "Without max_tokens the budget reserves the longest answer that a model can give, so few calls fit at " \
              "once. Write call(messages: messages, max_tokens: 500)."
        LIMITS = %i[max_tokens max_completion_tokens].freeze

        private

        def investigate
          file.router.all.each do |call|
            next if limited_chain?(file.router.made(call))

            requests(call).each { |place, hash| add_offense(place, message: MSG) unless limited?(hash) }
          end
        end

        # @return [Array<Array(Node, Node)>] where to say it, and the Hash of options
        def requests(call)
          hashes = call.arguments.select(&:hash_type?)
          return hashes.select { |hash| messages?(hash) }.map { |hash| [call, hash] } if call.method?(:call)

          list_of(call).flat_map { |value| value.each_node(:hash).to_a }.uniq(&:object_id)
                       .select { |hash| messages?(hash) }.map { |hash| [hash, hash] }
        end

        # A batch's requests, also those that a method of this file makes.
        def list_of(call)
          return [] unless call.first_argument

          values = file.names.meanings(call.first_argument)
          values + values.flat_map { |value| value.each_node(:send).select { |each| each.receiver.nil? }.to_a }
                         .flat_map { |each| file.names.methods(each) }
        end

        def messages?(hash)
          keys(hash).include?(:messages)
        end

        def limited?(hash)
          hash.children.any? { |part| part.kwsplat_type? && may_limit?(part) } ||
            hash.pairs.any? { |pair| LIMITS.include?(key(pair)) && !pair.value.nil_type? }
        end

        # **options: not if this file says what they are, and there is no limit among them.
        def may_limit?(splat)
          hashes = file.names.meanings(splat.children.first).flat_map { |value| value.each_node(:hash).to_a }
          hashes.empty? || hashes.any? { |hash| limited?(hash) }
        end

        def keys(hash)
          hash.pairs.map { |pair| key(pair) }
        end

        def key(pair)
          pair.key.value.to_sym if pair.key.sym_type? || pair.key.str_type?
        end

        # Whether each candidate of the chain has a limit of its own.
        def limited_chain?(made)
          chain = file.router.option(made, :chain)
          return false unless chain

          file.names.meanings(chain).any? do |value|
            limited_list?(value) || (value.sym_type? && in_initializer?(value.value))
          end
        end

        def limited_list?(list)
          list.array_type? && list.children.any? && list.children.all? do |candidate|
            candidate.hash_type? && candidate.each_node(:hash).any? { |hash| (keys(hash) & LIMITS).any? }
          end
        end

        def in_initializer?(name)
          initializers.any? do |ast|
            ast.each_node(:send).any? do |node|
              node.method?(:chain) && node.first_argument&.sym_type? && node.first_argument.value == name &&
                node.arguments[1] && limited_list?(node.arguments[1])
            end
          end
        end

        def initializers
          Dir.glob("config/initializers/*.rb", base: root).filter_map do |found|
            text = File.read(File.join(root, found))
            RuboCop::ProcessedSource.new(text, processed_source.ruby_version).ast if text.include?("LlmRouter")
          end
        end
      end
    end
  end
end
