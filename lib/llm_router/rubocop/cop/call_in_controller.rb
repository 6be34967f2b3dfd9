# frozen_string_literal: true

module RuboCop
  module Cop
    module LlmRouter
      # A router is called in a controller, a view or a model's callback, where somebody waits for it.
      class CallInController < Base
        include WholeFile

        MSG = "A call takes seconds, and %<place>s waits for it. Call in a job (include LlmRouter::Job), and enqueue " \
              "it here with perform_later; or write LlmRouter.allow_in_request { … }."
        CALLBACK = /\A(?:validate_each|(?:before|after|around)_(?:validation|save|create|update|destroy|commit|rollback|
                    touch|initialize|find|(?:create|update|save|destroy)_commit))\z/x
        HOOKS = %i[validate validates_each set_callback].freeze
        CONDITIONS = %i[if unless].freeze
        ASSOCIATION_CALLBACKS = %i[before_add after_add before_remove after_remove].freeze
        REQUESTS = %r{(?:\A|/)(?:app/(?:controllers|graphql|serializers|middlewares?)/|config/routes\b)}
        PATHS = { REQUESTS => "a web request",
                  %r{(?:\A|/)app/channels/} => "a channel",
                  %r{(?:\A|/)app/(?:helpers|components|views|cells)/|\.(?:jbuilder|ruby|rabl)\z} => "a view" }.freeze
        CONTROLLER = /Controller\z|\AActionController::|\A(?:Grape::API|Sinatra::\w+|Roda|Hanami::Action)\z/
        CHANNEL = /\A(?:ActionCable::Channel::Base|ApplicationCable::Channel)\z/
        VIEW = /\A(?:ViewComponent::Base|Phlex::\w+|Cell::ViewModel)\z|Component\z/
        OUTSIDE_VIEWS = %r{(?:\A|/)(?:lib|app/(?!helpers/)\w+)/}

        private

        def investigate
          file.router.all.each do |call|
            place = place_of(call)
            add_offense(call, message: format(MSG, place: place)) if place && !allowed?(call)
          end
        end

        def allowed?(call)
          call.each_ancestor(:block).any? { |block| block.method?(:allow_in_request) }
        end

        def place_of(call)
          return "a callback" if in_callback?(call)

          by_class(call.each_ancestor(:class, :module).to_a) || PATHS.find { |path, _| file.path.match?(path) }&.last
        end

        # The class or module that is nearest and tells.
        def by_class(scopes)
          scopes.map { |scope| place_of_scope(scope) }.find { |place| !place.nil? } || nil
        end

        # @return [String, false, nil] false for a class in which nobody waits
        def place_of_scope(scope)
          name = scope.identifier.const_name.to_s
          parent = (scope.parent_class&.const_name if scope.class_type?).to_s
          return "a web request" if scope.class_type? && [name, parent].any? { |each| each.match?(CONTROLLER) }
          return "a channel" if parent.match?(CHANNEL)
          return "a view" if parent.match?(VIEW) || (name.end_with?("Helper") && !file.path.match?(OUTSIDE_VIEWS))

          false if parent.match?(/Job\z|\AApplicationRecord\z/)
        end

        def in_callback?(call)
          method = call.each_ancestor(:def).first
          return callback_blocks.any? { |block| call.each_ancestor.any? { |outer| outer.equal?(block) } } unless method

          method.method_name.match?(CALLBACK) || callback_methods.include?(method.method_name)
        end

        def callbacks
          processed_source.ast.each_node(:send).select do |node|
            node.receiver.nil? && (node.method_name.match?(CALLBACK) || HOOKS.include?(node.method_name))
          end
        end

        # Blocks and lambdas that are callbacks themselves.
        def callback_blocks
          callbacks.flat_map { |node| [node.block_node, *node.each_descendant(:block)].compact }
        end

        # Methods that callbacks name, and what these call in this file.
        def callback_methods
          named = callbacks.flat_map { |node| named_by(node) } + association_callbacks
          named += callback_blocks.flat_map { |block| called_in(block) }
          loop do
            bodies = processed_source.ast.each_node(:def).select { |method| named.include?(method.method_name) }
            more = bodies.flat_map { |method| called_in(method) } - named
            return named if more.empty?

            named += more
          end
        end

        # before_save :draft; before_save(&:draft), if: :urgent?
        def named_by(callback)
          parts = callback.arguments.map { |part| part.block_pass_type? ? part.children.first : part }.compact
          conditions = parts.select(&:hash_type?).flat_map(&:pairs)
                            .select { |pair| CONDITIONS.include?(pair.key.source.to_sym) }.map(&:value)
          (parts + conditions).select(&:sym_type?).map(&:value)
        end

        def association_callbacks
          processed_source.ast.each_node(:pair).select { |pair| ASSOCIATION_CALLBACKS.include?(pair.key.source.to_sym) }
                          .flat_map { |pair| pair.value.each_node(:sym).map(&:value) }
        end

        def called_in(node)
          node.each_node(:send).select do |call|
            call.receiver.nil? || call.receiver.self_type? || call.receiver.lvar_type?
          end.map(&:method_name)
        end
      end
    end
  end
end
