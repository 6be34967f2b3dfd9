# frozen_string_literal: true

class LlmRouter
  module Doctor
    # What each model costs by provider, and whether a budget knows what to reserve.
    # @api private
    class ProviderPrices < RungCheck
      # How much dearer than the cheapest a provider may be.
      SPREAD = 3
      SHOWN = 6
      private_constant :SPREAD, :SHOWN

      private

      def rung(rung)
        return unless (listing = listing(rung))

        prices = listing.prices.sort_by { |name, *rates| [rates, name] }
        return unpriced(rung, "OpenRouter lists no fixed price") if prices.empty?

        said = "#{rung.model}, per million tokens in/out: #{words(prices)}"
        spread?(prices) ? yellow(said, advice) : green(said)
      end

      def other(rung)
        price = rung.price || config.price_of(rung)
        return unpriced(rung, "#{rung.endpoint.name} has no list of prices") unless price

        green("#{rung.model} at #{rung.endpoint.name}: #{usd(price.prompt * 1_000_000)}/" \
              "#{usd(price.completion * 1_000_000)} USD per million tokens in/out, as configured")
      end

      def unpriced(rung, why)
        return green("#{rung.model} has a configured price") if rung.price || config.price_of(rung)

        yellow("#{rung.model} has no known price: #{why}",
               "Set config.price; until then #{usd(config.reserve_usd)} USD are reserved for each attempt")
      end

      def spread?(prices)
        config.price_ceiling == :dearest && (1..3).any? do |rate|
          cheapest, dearest = prices.map { |price| price[rate] }.minmax
          cheapest.positive? && dearest > cheapest * SPREAD
        end
      end

      def advice
        "The dearest is reserved and may be billed: set provider: { max_price: … } in the chain's params, or " \
          "config.price_ceiling = :listed"
      end

      def words(prices)
        words = prices.first(SHOWN).map do |name, prompt, completion, request|
          "#{name} #{usd(prompt)}/#{usd(completion)} USD#{" and #{usd(request)} for a request" if request.positive?}"
        end
        words << "#{prices.size - SHOWN} more" if prices.size > SHOWN
        words.join(", ")
      end

      def usd(amount)
        text = amount.to_s("F")
        text.end_with?(".0") ? text.delete_suffix(".0") : text
      end
    end
  end
end
