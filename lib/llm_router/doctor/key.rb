# frozen_string_literal: true

class LlmRouter
  module Doctor
    # Whether each endpoint has a key, whether OpenRouter accepts it, and how much may be spent on it.
    # @api private
    class Key < EndpointCheck
      # The share of its limit below which a key is low.
      LOW = BigDecimal("0.1")
      # Days.
      EXPIRES_SOON = 14
      private_constant :LOW, :EXPIRES_SOON

      private

      def openrouter(endpoint)
        return missing(endpoint) if endpoint.keyless?

        answer = lookups[endpoint, "key"]
        return refused(answer) unless answer.data.is_a?(Hash)

        @key = answer.data
        role
        expiry
        balance
      end

      def other(endpoint)
        if endpoint.keyless?
          missing(endpoint)
        else
          green("that of #{endpoint.name} is set; whether it is good is not known",
                known: false)
        end
      end

      def missing(endpoint)
        remedy = endpoint.name == :openrouter ? "config.api_key, or OPENROUTER_API_KEY" : "api_key: in config.endpoint"
        red("endpoint #{endpoint.name} has none", "Set #{remedy}")
      end

      def refused(answer)
        case answer.status
        when 401, 403 then red("OpenRouter refuses it (status #{answer.status})", "Set config.api_key to a valid key")
        when nil then red("OpenRouter does not answer: #{answer.error}", ADVICE)
        else unknown("OpenRouter answered: #{answer.why}", ADVICE)
        end
      end

      def role
        return unless %w[is_management_key is_provisioning_key].any? { |flag| @key[flag] == true }

        red("it manages keys, and cannot call models", "Set config.api_key to an ordinary key")
      end

      def expiry
        at = Lenient.time(@key["expires_at"])
        return unless at && at < Time.now + (EXPIRES_SOON * 86_400)

        expired = at < Time.now
        note(expired ? :red : :yellow, "it #{expired ? 'expired' : 'expires'} at #{at}", "Replace it")
      end

      def balance
        return green("it is good, and has no limit of its own") if @key["limit"].nil?

        limit, left = @key.values_at("limit", "limit_remaining").map { |usd| Lenient.amount(usd) }
        return green("it is good; how much of its limit is left is not known", known: false) unless limit && left

        said = "#{left.to_s('F')} of #{limit.to_s('F')} USD are left on it"
        return red(said, "Raise its limit at OpenRouter") unless left.positive?

        left < limit * LOW ? yellow(said, "Raise its limit at OpenRouter soon") : green("it is good: #{said}")
      end
    end
  end
end
