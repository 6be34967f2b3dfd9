# frozen_string_literal: true

require "uri"

class LlmRouter
  module Doctor
    # Whether one outage would take a chain down. Two names may share one upstream, so the providers count.
    # @api private
    class Vendors < RungCheck
      ADVICE = "Add a candidate that another provider serves, or set config.same_vendor = :allow"
      private_constant :ADVICE

      private

      def examine
        look_up
        chains.each { |chain| chain(chain) }
      end

      def chain(chain)
        upstreams = chain.candidates.map { |rung| upstreams(rung) }
        shared = upstreams.all? ? upstreams.reduce(:&) : []
        alone = shared.select { |name| upstreams.all? { |names| names == [name] } }
        return doubtful(chain, "all candidates are served by #{alone.first} alone") if alone.any?

        neighbours(chain, upstreams) || named(chain, upstreams)
      end

      # The first two: the second is there for when the first's provider is down.
      def neighbours(chain, upstreams)
        first, second = upstreams
        return unless first && second && first == second && first.one?

        doubtful(chain, "its first two candidates are served by #{first.first} alone")
      end

      def named(chain, upstreams)
        doubt = chain.doubts.first
        return doubtful(chain, doubt) if doubt && !(upstreams.all? && upstreams.uniq.size > 1)
        return unknown("#{chain}: #{@why || 'the providers are not listed'}") unless upstreams.all?

        green("#{chain}: #{upstreams.map { |names| names.first(3).join(' or ') }.join('; then ')}")
      end

      def doubtful(chain, why)
        config.same_vendor == :allow ? green("#{chain}: #{why}, as allowed") : yellow("#{chain}: #{why}", ADVICE)
      end

      # @return [Array<String>, nil] who may serve it
      def upstreams(rung)
        return [at(rung.endpoint)] unless openrouter?(rung)

        listing = listing(rung, quiet: true)
        providers = listing&.providers
        return if providers.nil? || providers.empty?

        allowed = providers.select { |provider| allowed?(rung, provider) }
        names = (allowed.empty? ? providers : allowed).map { |provider| listing.name(provider) }
        names.map { |name| one_name(name) }.uniq.sort unless names.any?(&:empty?)
      end

      # Endpoints at one address are one, whatever their names.
      def at(endpoint)
        same = rungs.find { |rung| address(rung.endpoint) == address(endpoint) }
        one_name(same.endpoint.name.to_s)
      end

      def address(endpoint)
        URI.parse(endpoint.base_url).then { |url| [url.host.downcase, url.port] }
      end

      # OpenRouter's provider Groq is the endpoint groq.
      def one_name(name)
        (@spelt ||= {})[plain(name)] ||= name
      end

      # As +provider: { only:, ignore: }+ of its params.
      def allowed?(rung, provider)
        given = routing(rung)
        only, ignore = %w[only ignore].map { |key| Array(given[key.to_sym] || given[key]).map { |name| plain(name) } }
        names = [provider["provider_name"], provider["tag"].to_s[%r{\A[^/]+}]].compact.map { |name| plain(name) }
        (only.empty? || names.intersect?(only)) && !names.intersect?(ignore)
      end

      def plain(name)
        name.to_s.downcase.gsub(/[^[:alnum:]]/, "")
      end
    end
  end
end
