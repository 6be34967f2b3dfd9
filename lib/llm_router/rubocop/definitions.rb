# frozen_string_literal: true

module RuboCop
  module LlmRouter
    # The classes, modules and constants that one file defines, so that they are no gem's.
    module Definitions
      private

      # Whether a constant is in a namespace that is not of this file.
      def elsewhere?(namespace)
        namespace&.const_type? && definitions(namespace.short_name).empty?
      end

      # Whether Ruby would find the constant in this file: one of the app's that only looks alike.
      def own?(node)
        names = [node]
        names.unshift(names.first.namespace) while names.first.namespace&.const_type?
        scopes = names.first.absolute? ? [] : scopes_of(node)
        definitions(names.first.short_name).any? do |definition|
          outer = scopes_of(definition)
          next false unless (outer - scopes).empty?

          outer.any? || names.one? || inside?(definition, names[1].short_name)
        end
      end

      # A module at the top may reopen a gem's: then only what it defines is the app's.
      def inside?(definition, name)
        definitions(name).any? { |inner| inner.each_ancestor.any? { |outer| outer.equal?(definition) } }
      end

      def definitions(name)
        @definitions ||= @ast.each_node(:class, :module, :casgn).group_by do |node|
          node.casgn_type? ? node.children[1] : plain_name(node.identifier)
        end
        @definitions.fetch(name, [])
      end

      def plain_name(identifier)
        identifier.short_name if identifier.namespace.nil? || identifier.namespace.cbase_type?
      end

      def scopes_of(node)
        node.each_ancestor(:class, :module).to_a
      end
    end
  end
end
