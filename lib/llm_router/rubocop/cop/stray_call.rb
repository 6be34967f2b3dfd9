# frozen_string_literal: true

module RuboCop
  module Cop
    module LlmRouter
      # A model is called past the router: without its fallback, budget and record. So is a provider's key that is read
      # outside an initializer.
      class StrayCall < Base
        include WholeFile

        CALL = "%<name>s is called without the chain and the budget. Write LlmRouter.new(chain: :default, " \
               "budget: budget).call(messages: messages, max_tokens: 500)."
        NO_CHAT = "%<name>s is called without a budget, and is no chat that a chain could answer. Keep it in one " \
                  "class, and disable this cop there."
        KEY = "A provider's key is read outside an initializer. Give it to the router in " \
              "config/initializers/llm_router.rb: config.endpoint :name, base_url: …, api_key: …"
        OTHER = /(?:embed(?:dings?)?|paint|transcribe|moderate|speak)\z/

        private

        def investigate
          calls = file.direct
          calls.each { |node, name| add_offense(place(node), message: message_of(name)) }
          return if file.config?

          file.key_reads.each { |node| add_offense(node, message: KEY) unless inside?(node, calls) }
        end

        def message_of(name)
          format(name.match?(OTHER) ? NO_CHAT : CALL, name: name)
        end

        def place(node)
          node.class_type? ? node.parent_class : node
        end

        # Whether a call that is an offense already has it among its arguments.
        def inside?(node, calls)
          node.each_ancestor.any? { |outer| calls.key?(outer) && !outer.class_type? }
        end
      end
    end
  end
end
