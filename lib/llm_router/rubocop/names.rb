# frozen_string_literal: true

module RuboCop
  module LlmRouter
    # What the names of one file stand for: constants, variables and methods that have their value there.
    class Names
      # Deep enough for a URL that is made of constants, and no endless loop.
      MAX_DEPTH = 8
      UNKNOWN = "\0"
      SAME_TEXT = %i[host hostname to_s to_str freeze strip chomp squish dup path request_uri origin presence].freeze
      MADE_OF_TEXT = %i[URI parse build new join HTTP HTTPS encode].freeze
      VARIABLES = %i[lvar ivar cvar gvar const].freeze

      def initialize(ast)
        @ast = ast
        @values = {}
        @methods = {}
        ast.each_node(:lvasgn, :ivasgn, :cvasgn, :gvasgn, :casgn, :optarg, :kwoptarg) { |node| note(node) }
        ast.each_node(:def, :defs) { |node| (@methods[node.method_name] ||= []) << node }
      end

      # @return [Array<Node>] what a variable or a constant was set to; what a method without a receiver returns
      def values(node)
        return @values.fetch(key(node), []) if VARIABLES.include?(node.type)
        return [] unless node.send_type? && (node.receiver.nil? || node.receiver.self_type?)

        methods(node).filter_map { |method| last(method.body) }
      end

      # @return [Array<Node>] the definitions in this file that a call without a receiver may mean
      def methods(node)
        @methods.fetch(node.method_name, [])
      end

      # @return [Array<Node>] the node, and what it may stand for
      def meanings(node, depth = 0)
        return [] if node.nil? || depth > MAX_DEPTH

        inner = case node.type
                when :or, :and then node.children
                when :begin, :kwbegin, :or_asgn, :and_asgn, :lvasgn, :ivasgn, :casgn then [node.children.last]
                when :if then node.children.drop(1)
                when :block then [node.send_node]
                else values(node)
                end
        [node, *inner.flat_map { |child| meanings(child, depth + 1) }]
      end

      # @return [Array<String>] the texts that a node may have, with {UNKNOWN} for parts that are not known here
      def texts(node, depth = 0)
        return [] if node.nil? || depth > MAX_DEPTH

        case node.type
        when :str then [node.value]
        when :dstr then joined(node.children, depth)
        when :send, :csend then sent(node, depth)
        when :block then texts(node.send_node, depth + 1) + texts(last(node.body), depth + 1)
        else (meanings(node) - [node]).flat_map { |value| texts(value, depth + 2) }
        end
      end

      # @return [String, nil] the full name of the constant that is meant; nil for one of the file's own
      def constant(node)
        meant = meanings(node).find { |value| value.const_type? && values(value).empty? }
        meant.const_name if meant && !own?(meant)
      end

      private

      def note(node)
        value = node.casgn_type? ? node.children[2] : node.children[1]
        value ||= node.parent.children.last if node.parent&.shorthand_asgn?
        (@values[key(node)] ||= []) << value if value.is_a?(AST::Node)
      end

      # Local variables are those of their method, all others those of the file.
      def key(node)
        case node.type
        when :const, :casgn then [:const, node.children[1]] unless elsewhere?(node.children[0])
        when :lvar, :lvasgn, :optarg, :kwoptarg
          [node.children[0], node.each_ancestor(:def, :defs).first&.source_range&.begin_pos]
        else [:file, node.children[0]]
        end
      end

      # Whether a constant is in a namespace that is not of this file.
      def elsewhere?(namespace)
        namespace&.const_type? && definitions(namespace.short_name).empty?
      end

      def last(body)
        body&.begin_type? ? body.children.last : body
      end

      def joined(parts, depth, between = "")
        first, *rest = parts.map { |part| texts(part, depth + 1) }
        first = [UNKNOWN] if first.nil? || first.empty?
        rest = rest.map { |alternatives| alternatives.first || UNKNOWN }
        first.map { |text| [text, *rest].join(between) }
      end

      def sent(node, depth)
        case node.method_name
        when :+ then joined([node.receiver, *node.arguments], depth)
        when :%, :format then texts(node.receiver || node.first_argument, depth + 1).map { |text| unformatted(text) }
        when :fetch then texts(node.arguments[1], depth + 1)
        when *SAME_TEXT then texts(node.receiver, depth + 1) + returned(node, depth)
        when *MADE_OF_TEXT then made(node, depth)
        else returned(node, depth)
        end
      end

      def unformatted(text)
        text.gsub(/%(?:<\w+>|\{\w+\})?[sd]?/, UNKNOWN)
      end

      def returned(node, depth)
        values(node).flat_map { |value| texts(value, depth + 1) }
      end

      # URI("…"), URI.parse("…"), URI::HTTPS.build(host: "…"), File.join(BASE, "…"), BASE + "…"
      def made(node, depth)
        return [] unless node.method?(:URI) || node.receiver&.const_name.to_s.match?(/\A(?:Addressable|URI|File)\b/)

        pairs = node.arguments.select(&:hash_type?).flat_map(&:pairs)
        host = pairs.find { |pair| pair.key.value == :host } if pairs.all? { |pair| pair.key.sym_type? }
        host ? texts(host.value, depth + 1) : joined(node.arguments, depth, "/")
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
