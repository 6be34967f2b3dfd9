# frozen_string_literal: true

require_relative "definitions"

module RuboCop
  module LlmRouter
    # What the names of one file stand for: constants, variables and methods that have their value there.
    class Names
      include Definitions

      MAX_TEXTS = 64
      MAX_LENGTH = 2_000
      UNKNOWN = "\0"
      SAME_TEXT = %i[host hostname to_s to_str freeze strip chomp squish dup path request_uri origin presence].freeze
      MADE_OF_TEXT = %i[URI parse build new join HTTP HTTPS encode].freeze
      LOOKUPS = %i[fetch []].freeze
      VARIABLES = %i[lvar ivar cvar gvar const].freeze

      def initialize(ast)
        @ast = ast
        @values = {}
        @methods = {}
        @looked_up = {}.compare_by_identity
        @texts = {}.compare_by_identity
        ast.each_node(:lvasgn, :ivasgn, :cvasgn, :gvasgn, :casgn, :optarg, :kwoptarg) { |node| note(node) }
        ast.each_node(:def, :defs) { |node| (@methods[node.method_name] ||= []) << node }
      end

      # @return [Array<Node>] what a variable, a constant or a Hash's key was set to; what a method without a receiver
      #   returns
      def values(node)
        return @values.fetch(key(node), []) if VARIABLES.include?(node.type)
        return [] unless node.call_type?
        return once(@looked_up, node) { looked_up(node) } if node.receiver && LOOKUPS.include?(node.method_name)

        node.receiver.nil? || node.receiver.self_type? ? returned(node) : []
      end

      # @return [Array<Node>] the definitions in this file that a call without a receiver may mean
      def methods(node)
        @methods.fetch(node.method_name, [])
      end

      # @return [Array<Node>] the node, and what it may stand for
      def meanings(node)
        found = {}.compare_by_identity
        waiting = [node]
        while (each = waiting.shift)
          waiting.unshift(*inner(each)) unless found.key?(each)
          found[each] = true
        end
        found.keys
      end

      # @return [Array<String>] the texts that a node may have, with {UNKNOWN} for parts that are not known here
      def texts(node)
        return [] if node.nil?

        once(@texts, node) { texts_of(node).uniq.first(MAX_TEXTS) }
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

      def last(body)
        body&.begin_type? ? body.children.last : body
      end

      # A node's value is made once; while it is made it has none, so that what refers to itself has an end.
      def once(made, node)
        made.fetch(node) do
          made[node] = []
          made[node] = yield
        end
      end

      def inner(node)
        case node.type
        when :or, :and then node.children
        when :begin, :kwbegin, :or_asgn, :and_asgn, :lvasgn, :ivasgn, :casgn then [node.children.last]
        when :if then node.children.drop(1)
        when :block then [node.send_node]
        else values(node)
        end.grep(AST::Node)
      end

      # What a method of this file returns, or what an attr_reader may read.
      def returned(node)
        found = methods(node).filter_map { |method| last(method.body) }
        found.empty? && node.arguments.empty? ? @values.fetch([:file, :"@#{node.method_name}"], []) : found
      end

      # URLS[:openai]: that value of a Hash in this file, or all of them where the key is not known here.
      def looked_up(node)
        hashes = meanings(node.receiver).flat_map { |value| value.call_type? ? meanings(value.receiver) : [value] }
        pairs = hashes.select(&:hash_type?).flat_map(&:pairs)
        wanted = pairs.select { |pair| pair.key.source == node.first_argument&.source.to_s.delete_prefix(":") }
        (wanted.any? ? wanted : pairs).map(&:value)
      end

      def texts_of(node)
        case node.type
        when :str then [node.value]
        when :dstr then joined(node.children)
        when :send, :csend then sent(node)
        when :block then texts(node.send_node) + texts(last(node.body))
        else meanings(node).drop(1).flat_map { |value| texts(value) }
        end
      end

      def joined(parts, between = "")
        first, *rest = parts.map { |part| texts(part) }
        first = [UNKNOWN] if first.nil? || first.empty?
        rest = rest.map { |alternatives| alternatives.first || UNKNOWN }
        first.map { |text| [text, *rest].join(between)[0, MAX_LENGTH] }
      end

      def sent(node)
        case node.method_name
        when :+ then joined([node.receiver, *node.arguments])
        when :%, :format then texts(node.receiver || node.first_argument).map { |text| unformatted(text) }
        when *LOOKUPS then texts_of_values(node) + texts(node.arguments[1])
        when *SAME_TEXT then texts(node.receiver) + texts_of_values(node)
        when *MADE_OF_TEXT then made(node)
        else texts_of_values(node)
        end
      end

      def texts_of_values(node)
        values(node).flat_map { |value| texts(value) }
      end

      def unformatted(text)
        text.gsub(/%(?:<\w+>|\{\w+\})?[sd]?/, UNKNOWN)
      end

      # URI("…"), URI.parse("…"), URI::HTTPS.build(host: "…"), File.join(BASE, "…"), BASE + "…"
      def made(node)
        return [] unless node.method?(:URI) || node.receiver&.const_name.to_s.match?(/\A(?:Addressable|URI|File)\b/)

        pairs = node.arguments.select(&:hash_type?).flat_map(&:pairs)
        host = pairs.find { |pair| pair.key.value == :host } if pairs.all? { |pair| pair.key.sym_type? }
        host ? texts(host.value) : joined(node.arguments, "/")
      end
    end
  end
end
