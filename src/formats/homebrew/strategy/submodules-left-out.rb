# Clones a repository without its submodules, because their addresses need an account. `install` fetches those that it
# builds.
class RbeeSourceDownloadStrategy < GitDownloadStrategy
  private

  def submodules?
    false
  end
end
