# frozen_string_literal: true

class LlmRouter
  module Doctor
    # When a model of a chain is taken down.
    # @api private
    class Expiration < RungCheck
      # Days.
      SOON = 60
      private_constant :SOON

      private

      def rung(rung)
        return unless (listing = listing(rung))

        at = listing.expires_at
        return green("#{rung.model} has no date of expiry") unless listing.expiry
        return unknown("#{rung.model}: its date of expiry cannot be read") unless at

        days = ((at - Time.now) / 86_400).floor
        day = at.utc.strftime("%Y-%m-%d")
        if at < Time.now then red("#{rung.model} expired on #{day}", "Replace it in the chain")
        elsif days < SOON then yellow("#{rung.model} expires on #{day}, #{in_words(days)}", "Replace it in the chain")
        else
          green("#{rung.model} expires on #{day}")
        end
      end

      def in_words(days)
        days.zero? ? "within a day" : "in #{days} day#{'s' unless days == 1}"
      end
    end
  end
end
