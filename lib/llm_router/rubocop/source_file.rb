# frozen_string_literal: true

require_relative "names"
require_relative "direct_calls"
require_relative "shapes"
require_relative "keys"
require_relative "router_calls"

module RuboCop
  module LlmRouter
    # What the cops know of one file. All of them share it.
    class SourceFile
      TEST = %r{\A(?:(?!app/|lib/)[^/]+/)*(?:spec|test|features)/|_(?:spec|test|steps)\.rb\z|
                (?:\A|/)(?:spec|rails|test)_helper\.rb\z|
                (?:\A|/)(?:spec|test|features)/(?:support|factories|mocks|helpers|shared\w*|vcr\w*)/}x
      CONFIG = %r{(?:\A|/)config/(?!(?:.*/)?(?:app|lib)/)}

      @known = ObjectSpace::WeakMap.new

      class << self
        # @param source [ProcessedSource]
        # @param root [String] the app's folder
        # @return [SourceFile]
        def of(source, root)
          @known[source] ||= new(source, root)
        end
      end

      attr_reader :names, :ast, :path

      def initialize(source, root)
        @ast = source.ast
        @root = root
        @path = source.file_path.to_s.delete_prefix("#{root}/")
        @names = Names.new(ast)
      end

      # @return [Hash{Node => String}] calls that go past the router
      def direct
        @direct ||= DirectCalls.new(ast, names, local: method(:of_the_app?)).found
      end

      # @return [Array<Node>]
      def key_reads
        Keys.new(ast, names).reads
      end

      # @return [RouterCalls]
      def router
        @router ||= RouterCalls.new(ast, names)
      end

      # @return [Boolean] whether a node calls a model itself
      def model?(node)
        direct.key?(node) || router.all.any? { |call| call.equal?(node) }
      end

      # @return [Boolean] whether a model is called below a node, or in this file's methods that are called there
      def calls_model?(node, seen = {}.compare_by_identity)
        return false if node.nil?

        node.each_node.any? { |each| model?(each) || (own_call?(each) && called_there?(each, seen)) }
      end

      # @return [Boolean]
      def test?
        path.match?(TEST)
      end

      # @return [Boolean] an initializer, or another file that configures
      def config?
        path.match?(CONFIG)
      end

      private

      def own_call?(node)
        node.send_type? && (node.receiver.nil? || node.receiver.self_type?)
      end

      # Each method is looked into once.
      def called_there?(call, seen)
        methods = names.methods(call).reject { |method| seen.key?(method) }
        methods.each { |method| seen[method] = true }
        methods.any? { |method| calls_model?(method.body, seen) }
      end

      # Whether the app has that constant itself, in a file from which Rails would load it.
      def of_the_app?(name)
        names = name.split("::").first(2)
        whole = file_of(names.join("/"))
        inside = names.drop(1).empty? ? "" : "\\b.*?^ +(?:class|module) +#{names.last}"
        places("#{whole}.rb").any? || (names.size > 1 && places("#{file_of(names.first)}.rb").any? do |found|
          File.read(found).match?(/^(?:class|module) +#{names.first}#{inside}\b/m)
        end)
      end

      def places(file)
        roots = [@root, File.join(@root, part)].uniq
        Dir.glob(roots.product(%w[app/*/ app/*/concerns/ lib/]).map { |root, folder| "#{root}/#{folder}#{file}" })
      end

      # The part of a repository that has an app of its own: "backend/" in backend/app/models/a.rb, else "".
      def part
        @path[%r{\A(?:[^/]+/)*?(?=(?:app|lib)/)}].to_s
      end

      def file_of(name)
        name.gsub(/(?<=[A-Z])(?=[A-Z][a-z])|(?<=[a-z\d])(?=[A-Z])/, "_").downcase
      end
    end
  end
end
