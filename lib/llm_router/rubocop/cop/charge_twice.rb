# frozen_string_literal: true

module RuboCop
  module Cop
    module LlmRouter
      # A budget is charged for an answer that the router has charged already.
      class ChargeTwice < Base
        include WholeFile

        MSG = "The call has charged its budget already, so this charges twice. Delete the line; give the router all " \
              "budgets that are to pay: LlmRouter.new(chain: :default, budget: [first, second])."

        private

        def investigate
          return if file.router.all.empty?

          processed_source.ast.each_node(:send, :csend).each do |node|
            next unless node.method?(:charge!) && node.receiver && node.arguments?

            add_offense(node, message: MSG) if cost?(node) && !charge_failed?(node) && charged?(node)
          end
        end

        # Of an answer: draft.cost_usd, or a variable that has it.
        def cost?(node)
          node.arguments.any? do |part|
            file.names.meanings(part).any? do |value|
              value.each_node(:send, :csend).any? do |call|
                call.method?(:cost_usd)
              end
            end
          end
        end

        # What could not be charged is to be charged again.
        def charge_failed?(node)
          node.each_ancestor(:resbody).any? { |handler| handler.children.first&.source.to_s.include?("ChargeFailed") }
        end

        def charged?(node)
          calls = before(node)
          return false if calls.empty?

          budgets = calls.filter_map { |call| file.router.option(file.router.made(call), :budget) }
          budgets.empty? || budgets.any? { |budget| same?(budget, node.receiver) }
        end

        # The calls of the same method that come first; if it has none, those of the file.
        def before(node)
          method = node.each_ancestor(:def, :defs).first
          inside = file.router.all.select { |call| call.each_ancestor(:def, :defs).first.equal?(method) }
          return file.router.all if inside.empty?

          inside.select { |call| call.source_range.begin_pos < node.source_range.begin_pos }
        end

        def same?(budget, charged)
          return budget.children.any? { |each| same?(each, charged) } if budget.array_type?
          return false if budget.source.include?("Unlimited")

          first, second = [budget, charged].map { |each| file.names.meanings(each).map { |value| plain(value) } }
          (first & second).any?
        end

        def plain(node)
          node.source.delete_prefix("self.").delete("@").gsub(/\s+/, " ")
        end
      end
    end
  end
end
