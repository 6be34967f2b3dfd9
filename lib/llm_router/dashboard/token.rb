# frozen_string_literal: true

class LlmRouter
  class Dashboard
    # Keeps other sites from sending a form in a person's name. An API-only app has no session, so the token is signed
    # with the app's secret instead. It is for one person, and for some hours. Besides, browsers say where a form comes
    # from.
    # @api private
    class Token
      # Seconds.
      LIFE = 12 * 3600
      PURPOSE = "llm_router dashboard"
      private_constant :LIFE, :PURPOSE

      # @param request [ActionDispatch::Request]
      # @param who [String]
      def initialize(request, who)
        @request = request
        @who = who
      end

      # @return [String] for a hidden field
      def to_s
        verifier.generate(@who, purpose: PURPOSE, expires_in: LIFE)
      end

      # @param given [String, nil]
      # @return [void]
      # @raise [Problem] it is not from a form of the page
      def check(given)
        return if from_here? && verifier.verified(given.to_s, purpose: PURPOSE) == @who

        raise Problem.new(403, "This form has expired, or is not from this page: go back, load the page anew, and " \
                               "send it again. Nothing was changed.")
      end

      private

      # An older browser only names the site. Not its scheme: a proxy may end TLS.
      def from_here?
        site = @request.get_header("HTTP_SEC_FETCH_SITE")
        return site == "same-origin" if site

        origin = @request.get_header("HTTP_ORIGIN")
        origin.nil? || origin.sub(%r{\Ahttps?://}, "") == @request.host_with_port
      end

      def verifier
        ::Rails.application.message_verifier(PURPOSE)
      end
    end
  end
end
