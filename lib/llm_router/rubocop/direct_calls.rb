# frozen_string_literal: true

require_relative "clients"

module RuboCop
  module LlmRouter
    # The calls of a file that reach a model without the router, each once.
    class DirectCalls
      HTTP = /\A(?:Net::HTTP(?:::\w+)*|Faraday(?:::Connection)?|HTTParty|HTTP(?:::Client)?|Typhoeus(?:::Request)?|HTTPX|
        Excon(?:::Connection)?|RestClient(?:::Re\w+)?|Curl(?:::Easy|::Multi)?|HTTPClient|URI|OpenURI|Patron::Session|
        Async::HTTP::\w+|Manticore(?:::Client)?|Mechanize|EventMachine::HttpRequest|EM::HttpRequest|Down|OAuth2::Client|
        (?:\w+::)*WebSocket(?:::\w+)*|Async::WebSocket::Client)\z/x
      VERBS = %i[get post put patch request run_request get_response post_form post_async].freeze
      # Those of a class that includes HTTParty, or of a connection.
      BASES = %i[base_uri base_url url_prefix= site= base_uri= base_url=].freeze
      URL_OPTIONS = %i[url uri base_url base_uri uri_base host hostname endpoint site prefix origin api_base].freeze
      TEXT_ONLY = %i[URI parse join build escape encode encode_www_form_component extract regexp stub unstub
                     stub_request].freeze
      SHELL = %i[` system spawn exec popen capture2 capture2e capture3 popen3].freeze
      OPENED = %i[open read].freeze

      def initialize(ast, names, local: ->(_) { false })
        @ast = ast
        @names = names
        @clients = Clients.new(names, local)
      end

      # @return [Hash{Node => String}] each call, and what it calls
      def found
        @found ||= begin
          sure = outermost(candidates { |node| @clients.name(node) || http(node) || shell(node) })
          sure.reject! { |node, _| request_of_connection?(node, sure) }
          sure = candidates { |node| shape(node) } if sure.empty?
          sure.reject { |node, _| routed?(node) }
        end
      end

      private

      def candidates
        @ast.each_node(:send, :csend, :class, :super, :xstr, :def).with_object({}.compare_by_identity) do |node, all|
          name = yield(node)
          all[node] = name if name
        end
      end

      def outermost(all)
        all.reject { |node, _| node.each_ancestor.any? { |outer| all.key?(outer) && !outer.class_type? } }
           .compare_by_identity
      end

      def http(node)
        return unless node.call_type? && !TEXT_ONLY.include?(node.method_name)

        url = urls(node).find { |text| text.match?(Providers::HOST) }
        url && carries?(node) ? host_of(url) : nil
      end

      # Whether a call with a URL sends something there.
      def carries?(node)
        if BASES.include?(node.method_name) && (node.receiver.nil? || node.setter_method? || node.receiver.self_type?)
          return true
        end
        return true if @names.constant(root(node))&.match?(HTTP)
        return !stub?(node) if VERBS.include?(node.method_name)

        OPENED.include?(node.method_name) && node.receiver && @names.texts(node.receiver).any?
      end

      def stub?(node)
        node.receiver&.source.to_s.match?(/stub|mock|allow|expect|double/i)
      end

      # The first receiver of a chain of calls: HTTP in HTTP.auth(key).post(url).
      def root(node)
        node = node.block_type? ? node.send_node : node.receiver while node&.call_type? || node&.block_type?
        node || @ast.class.new(:nil)
      end

      def urls(node)
        named, given = node.arguments.partition(&:hash_type?)
        given << node.receiver if OPENED.include?(node.method_name)
        named = named.flat_map(&:pairs).select { |pair| pair.key.sym_type? && URL_OPTIONS.include?(pair.key.value) }
        (given + named.map(&:value)).flat_map { |value| @names.texts(value) }
      end

      def host_of(url)
        url[Providers::HOST].to_s.strip.sub(%r{\A(?:\w+:)?//}, "").tr(Names::UNKNOWN, "…")
      end

      def shell(node)
        return unless node.xstr_type? || (node.call_type? && SHELL.include?(node.method_name))

        parts = if node.xstr_type?
                  [@names.texts(node.updated(:dstr)).first]
                else
                  node.arguments.flat_map do |part|
                    @names.texts(part)
                  end
                end
        url = parts.compact.join(" ")[Providers::CURL, :url]
        host_of(url) if url&.match?(Providers::HOST)
      end

      # Net::HTTP::Post.new(uri) for a connection that is found in the same method, or a call on one that is.
      def request_of_connection?(node, all)
        return false unless node.call_type?

        if node.receiver&.const_type? && node.receiver.const_name.to_s.start_with?("Net::HTTP::")
          return connected?(node,
                            all)
        end

        VERBS.include?(node.method_name) && node.receiver && !node.receiver.const_type? &&
          @names.meanings(node.receiver).drop(1).any? { |made| all.key?(made) }
      end

      def connected?(node, all)
        place = node.each_ancestor(:def, :defs).first
        all.any? do |other, _|
          !other.equal?(node) && other.call_type? && %i[new start].include?(other.method_name) &&
            other.receiver&.source == "Net::HTTP" && other.each_ancestor(:def, :defs).first.equal?(place)
        end
      end

      def shape(node)
        Shapes.new(@names).name(node) { |text| text.match?(Providers::HOST) && host_of(text) }
      end

      # Whether the one-line change is made: f.adapter :llm_router, or provider: :llm_router.
      def routed?(node)
        part = node.respond_to?(:block_node) && node.block_node ? node.block_node : node
        part.each_node(:sym).any? { |symbol| symbol.value == :llm_router }
      end
    end
  end
end
